"""What firmware is told of Secure Boot's keys: lists of certificates, and changes that are signed.

    EFI_SIGNATURE_LIST     type, u32 size, u32 header size, u32 size of one, owner, DER
    change of a variable   EFI_TIME, WIN_CERTIFICATE_UEFI_GUID (PKCS #7 over what it is about), list

UEFI 2.10, 8.2.2 and 32.4. In setup mode firmware takes db, KEK and PK, in that order, from whom it
boots; with PK there it asks for a signature by one of them.
"""

import struct
from datetime import datetime
from typing import Final
from uuid import UUID

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key, pkcs7

from ichor.errors import InputError
from ichor.pki.der import OID, SEQUENCE, Reader

GLOBAL: Final = UUID("8be4df61-93ca-11d2-aa0d-00e098032b8c")  # EFI_GLOBAL_VARIABLE: PK, KEK
SECURITY: Final = UUID("d719b2cb-3d3a-4596-a3bc-dad00e67656f")  # db, dbx
VENDORS: Final = {"PK": GLOBAL, "KEK": GLOBAL, "db": SECURITY}
_X509: Final = UUID("a5c059a1-94e4-4aa7-87b5-ab155c2bf072")  # EFI_CERT_X509_GUID
_PKCS7: Final = UUID("4aafd29d-68df-49ee-8aa9-347d375665a7")  # EFI_CERT_TYPE_PKCS7_GUID
_OWNER: Final = UUID("6f5a9a3e-2c1b-4b0e-9b0a-1c40f2a0d1e7")  # ours, drawn once
# NON_VOLATILE, BOOTSERVICE_ACCESS, RUNTIME_ACCESS, TIME_BASED_AUTHENTICATED_WRITE_ACCESS
_ATTRIBUTES: Final = 0x01 | 0x02 | 0x04 | 0x20
_LIST: Final = struct.Struct("<16sIII")
_TIME: Final = struct.Struct("<HBBBBBxIhBx")
_CERTIFICATE: Final = struct.Struct("<IHH16s")
_REVISION, _EFI_GUID = 0x0200, 0x0EF1


def signature_list(certificate: str) -> bytes:
    """Give the list of one certificate, PEM."""
    der = x509.load_pem_x509_certificate(certificate.encode()).public_bytes(Encoding.DER)
    one = _OWNER.bytes_le + der
    return _LIST.pack(_X509.bytes_le, _LIST.size + len(one), 0, len(one)) + one


def change(name: str, content: bytes, certificate: str, key: str) -> bytes:
    """Give the signed change that sets PK, KEK or db to a list; PEM of who signs it.

    Its time, by which firmware refuses older ones, is the beginning of the certificate's life: what
    is made again is the same. Raises InputError for a key that firmware does not know.
    """
    signer = x509.load_pem_x509_certificate(certificate.encode())
    private = load_pem_private_key(key.encode(), None)
    if not isinstance(private, rsa.RSAPrivateKey):
        raise InputError("expected an RSA key: firmware knows no other")
    time = efi_time(signer.not_valid_before_utc)
    about = name.encode("utf-16-le") + VENDORS[name].bytes_le + struct.pack("<I", _ATTRIBUTES)
    builder = pkcs7.PKCS7SignatureBuilder().set_data(about + time + content)
    options = pkcs7.PKCS7Options
    whole = builder.add_signer(signer, private, hashes.SHA256()).sign(
        Encoding.DER, [options.DetachedSignature, options.Binary, options.NoAttributes]
    )
    signed = signed_data(whole)
    size = _CERTIFICATE.size + len(signed)
    return time + _CERTIFICATE.pack(size, _REVISION, _EFI_GUID, _PKCS7.bytes_le) + signed + content


def efi_time(moment: datetime) -> bytes:
    """Write UTC as EFI_TIME, which for a change has nothing below seconds."""
    clock = moment.hour, moment.minute, moment.second
    return _TIME.pack(moment.year, moment.month, moment.day, *clock, 0, 0, 0)


def signed_data(whole: bytes) -> bytes:
    """Take the SignedData out of its ContentInfo, without which UEFI wants it."""
    outer = Reader(whole).enter(SEQUENCE)
    outer.skip(OID)
    return outer.enter(0xA0).raw(SEQUENCE)
