"""Firmware's own variables decide who is asked, and what the answer means."""

import asyncio
import struct
from pathlib import Path

import pytest
from tests.formats.test_pe import image
from tests.formats.test_signature_database import listed

from ichor.errors import InputError
from ichor.formats import pe
from ichor.formats.signature_database import Kind
from ichor.linux.secure_boot import SecureBoot
from ichor.pki.signing import Answer, CheckImage, Question, Trust

GLOBAL = "8be4df61-93ca-11d2-aa0d-00e098032b8c"
SECURITY = "d719b2cb-3d3a-4596-a3bc-dad00e67656f"
PKCS7 = b"signature".ljust(16, b"\0")
SIGNED = pe.with_certificates(image(b"code"), struct.pack("<IHH", 24, 0x200, 2) + PKCS7)


class Asked:
    def __init__(self, error: str = "") -> None:
        self.questions: list[Question] = []
        self.error = error

    async def ask(self, question: Question) -> Answer:
        self.questions.append(question)
        if self.error:
            raise InputError(self.error)
        return Answer(text="CN=ours")


def variables(folder: Path, enforcing: int, db: bytes, dbx: bytes | None = None) -> Path:
    found = {f"SecureBoot-{GLOBAL}": bytes([enforcing]), f"db-{SECURITY}": db}
    if dbx is not None:
        found[f"dbx-{SECURITY}"] = dbx
    for name, value in found.items():
        (folder / name).write_bytes(b"\7\0\0\0" + value)
    return folder


def vouch(signer: Asked, folder: Path, image: bytes = SIGNED) -> str:
    async def main() -> str:
        checker = SecureBoot(signer, asyncio.get_running_loop(), folder)
        return await asyncio.to_thread(checker.vouch, image)

    return asyncio.run(main())


def test_what_firmware_holds_is_asked_about(tmp_path: Path) -> None:
    signer = Asked()
    revoked = listed(Kind.SHA256.value, b"r" * 32) + listed(
        Kind.SHA384_OF_CERTIFICATE.value, b"c" * 48 + bytes(16)
    )
    folder = variables(tmp_path, 1, listed(Kind.X509.value, b"certificate"), revoked)
    assert vouch(signer, folder) == "CN=ours"
    assert signer.questions == [
        CheckImage(
            digest=pe.digest(SIGNED),
            signatures=(PKCS7,),
            db=Trust(certificates=frozenset({b"certificate"})),
            dbx=Trust(digests=frozenset({b"r" * 32}), of_certificates=frozenset({b"c" * 48})),
        )
    ]


@pytest.mark.parametrize("enforcing", [0, None])
def test_where_firmware_starts_any_nobody_is_asked(tmp_path: Path, enforcing: int | None) -> None:
    signer = Asked()
    folder = tmp_path if enforcing is None else variables(tmp_path, enforcing, b"")
    assert vouch(signer, folder) == ""
    assert signer.questions == []


def test_a_refusal_is_the_refusal_of_the_image(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="foreign"):
        vouch(Asked("foreign"), variables(tmp_path, 1, b""))


def test_what_cannot_be_read_is_refused(tmp_path: Path) -> None:
    folder = variables(tmp_path, 1, b"cut")
    with pytest.raises(InputError, match="cannot be told: offset 0"):
        vouch(Asked(), folder)
    with pytest.raises(InputError, match="cannot be told"):
        vouch(Asked(), variables(tmp_path, 1, b""), b"no image")
