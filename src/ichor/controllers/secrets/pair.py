"""A certificate with its key, as the interface holds it and as files."""

from collections.abc import Iterator

from ichor.config.secret import Secret
from ichor.resources.fields import CertificateAndKey
from ichor.resources.files.file import FileSpec
from ichor.resources.secrets.certificate import Certificate


def pair(certificate: Certificate) -> CertificateAndKey:
    return CertificateAndKey(crt=certificate.cert.encode(), key=certificate.key.reveal().encode())


def key_files(stem: str, certificate: Certificate, uid: int) -> Iterator[tuple[str, FileSpec]]:
    """Give `<stem>.crt` and `<stem>.key`, readable by one user."""
    yield f"{stem}.crt", FileSpec(content=Secret(certificate.cert), uid=uid, gid=uid)
    yield f"{stem}.key", FileSpec(content=certificate.key, uid=uid, gid=uid)
