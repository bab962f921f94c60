"""Keys of Secure Boot as firmware reads them."""

import os
import struct
from datetime import UTC, datetime
from uuid import UUID

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from ichor.errors import InputError
from ichor.image.signature_list import change, efi_time, signature_list
from ichor.pki import issue
from ichor.pki.der import INTEGER, OCTET_STRING, SEQUENCE, SET, Reader
from ichor.pki.leaf import Algorithm

NOW = datetime(2026, 11, 21, 22, 33, 44, tzinfo=UTC)
PAIR = issue.make_signer("ours", now=NOW, entropy=os.urandom)
SIGNER = x509.load_pem_x509_certificate(PAIR.certificate.encode())


def test_a_list_holds_the_certificate_with_its_sizes() -> None:
    made = signature_list(PAIR.certificate)
    kind, size, header, one = struct.unpack_from("<16sIII", made)
    assert UUID(bytes_le=kind) == UUID("a5c059a1-94e4-4aa7-87b5-ab155c2bf072")
    assert (size, header, one) == (len(made), 0, len(made) - 28)
    assert made[28 + 16 :] == SIGNER.public_bytes(Encoding.DER)


def test_a_time_has_no_part_of_a_second() -> None:
    assert efi_time(NOW) == struct.pack("<H", 2026) + bytes((11, 21, 22, 33, 44)) + bytes(9)


def test_a_change_is_signed_with_name_vendor_attributes_time_and_content() -> None:
    content = signature_list(PAIR.certificate)
    made = change("db", content, PAIR.certificate, PAIR.key)
    assert made.endswith(content)
    time, rest = made[:16], made[16 : -len(content)]
    assert time == efi_time(SIGNER.not_valid_before_utc)
    length, revision, kind = struct.unpack_from("<IHH", rest)
    assert (length, revision, kind) == (len(rest), 0x200, 0xEF1)
    data = Reader(rest[24:]).enter(SEQUENCE)
    data.skip(INTEGER)
    data.skip(SET)
    data.skip(SEQUENCE)
    data.skip(0xA0)
    who = data.enter(SET).enter(SEQUENCE)
    for tag in (INTEGER, SEQUENCE, SEQUENCE, SEQUENCE):
        who.skip(tag)
    vendor = UUID("d719b2cb-3d3a-4596-a3bc-dad00e67656f").bytes_le
    signed = "db".encode("utf-16-le") + vendor + struct.pack("<I", 0x27) + time + content
    key = SIGNER.public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    key.verify(who.read(OCTET_STRING), signed, padding.PKCS1v15(), hashes.SHA256())
    assert change("db", content, PAIR.certificate, PAIR.key) == made


def test_a_key_that_firmware_does_not_know_is_refused() -> None:
    other = issue.make_ca("x", Algorithm.P256, now=NOW, entropy=os.urandom)
    with pytest.raises(InputError, match="RSA"):
        change("db", b"", other.certificate, other.key)
