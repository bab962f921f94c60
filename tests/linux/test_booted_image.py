"""What an image on the ESP says of itself."""

import os
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tests.image.test_measure import key, unified
from tests.image.test_uki_signing import ONE

from ichor.formats import pcrsig
from ichor.image import authenticode, measure
from ichor.linux.booted_image import BootedImage, read
from ichor.pki.issue import key_pem


def of(image: bytes, tmp_path: Path) -> BootedImage:
    path = tmp_path / "image.efi"
    path.write_bytes(image)
    file = os.open(path, os.O_RDONLY)
    try:
        return read(file)
    finally:
        os.close(file)


def test_an_image_that_nobody_signed_says_nothing(tmp_path: Path) -> None:
    assert of(unified(), tmp_path) == BootedImage(None, b"")


def test_a_signed_image_says_by_whom_and_which_states(tmp_path: Path) -> None:
    made = measure.with_signed_states(unified(), key_pem(key()))
    found = of(authenticode.sign(made, ONE.certificate, ONE.key), tmp_path)
    signer = x509.load_pem_x509_certificate(ONE.certificate.encode()).public_key()
    assert found.signer == signer.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert found.states is not None
    assert len(pcrsig.by_policy(found.states, 11)) == 1
