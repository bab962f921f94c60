"""A kubeconfig: how to reach a cluster, by its current context.

Certificates and keys stand in it (`...-data`) or beside it (paths, relative to the file), as the
kubelet writes them: one PEM file that is both. kubernetes.io/docs, «kubeconfig (v1)».
"""

import base64
import binascii
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

from ichor.errors import FormatError, InputError
from ichor.formats.jsonvalue import Object, Value, obj, objs, text
from ichor.formats.yaml.values import load
from ichor.peers.http1 import Origin
from ichor.peers.kube import Access
from ichor.peers.pem import Identity


def read(path: Path) -> Access | None:
    """Read a kubeconfig file; None if there is none. Raises FormatError, OSError."""
    try:
        written = path.read_text()
    except FileNotFoundError:
        return None
    return access(written, path.parent)


def access(written: str, beside: Path = Path("/")) -> Access:
    """Read a kubeconfig. Raises FormatError where it says nothing usable."""
    document = _document(written)
    context = obj(_named(document, "contexts", text(document, "current-context")), "context")
    cluster = obj(_named(document, "clusters", text(context, "cluster")), "cluster")
    user = obj(_named(document, "users", text(context, "user")), "user")
    ca = _pem(cluster, "certificate-authority", beside)
    certificate = _pem(user, "client-certificate", beside)
    key = _pem(user, "client-key", beside)
    return Access(
        origin=_origin(cluster),
        ca=ca,
        identity=Identity(certificate=certificate, key=key) if certificate and key else None,
        token=text(user, "token"),
    )


def _document(written: str) -> Value:
    try:
        documents = load(written)
    except InputError as err:
        raise FormatError("a kubeconfig in YAML") from err
    return cast("Value", documents[0]) if documents else None


def _named(document: Value, group: str, name: str) -> Object:
    for each in objs(document, group):
        if text(each, "name") == name:
            return each
    raise FormatError(f"{name!r} among the {group} of the kubeconfig")


def _origin(cluster: Object) -> Origin:
    url = urlsplit(text(cluster, "server"))
    if url.scheme != "https" or not url.hostname:
        raise FormatError("an https server in the kubeconfig")
    server_name = text(cluster, "tls-server-name")
    return Origin(host=url.hostname, port=url.port or 443, server_name=server_name)


def _pem(where: Object, name: str, beside: Path) -> bytes:
    inline = text(where, f"{name}-data")
    if inline:
        try:
            return base64.b64decode(inline, validate=True)
        except binascii.Error as err:
            raise FormatError(f"base64 in {name}-data") from err
    path = text(where, name)
    return (beside / path).read_bytes() if path else b""
