"""The secrets of a cluster, as one file (`gen secrets`): all that its configurations share.

Keys are lower case, certificates base64 of PEM, as existing files have it. Whoever holds it can
make a control plane.
"""

import base64
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Final

import msgspec
from msgspec import field

from ichor.config.codec import INVALID, Place
from ichor.config.container import Authority, Config
from ichor.config.document import Part
from ichor.config.documents.kube_etcd_encryption import KubeEtcdEncryptionConfig
from ichor.config.documents.v1alpha1 import CertAndKey
from ichor.config.field import BASE64, CERTS, FILLED, PRIVATE_KEY, TOKEN
from ichor.config.secret import Secret
from ichor.config.shape import struct_of
from ichor.errors import InputError
from ichor.formats.yaml.nodes import parse_into
from ichor.formats.yaml.problem import Problem, Problems
from ichor.formats.yaml.values import Value
from ichor.formats.yaml.write import dump
from ichor.pki.issue import Entropy, Pair, key_pem, make_ca, make_key
from ichor.pki.leaf import Algorithm

_ALPHABET: Final = "abcdefghijklmnopqrstuvwxyz0123456789"
KUBERNETES_PKI: Final = (
    "ca.crt",
    "ca.key",
    "etcd/ca.crt",
    "etcd/ca.key",
    "front-proxy-ca.crt",
    "front-proxy-ca.key",
    "sa.key",
)
SECRETBOX_KEY: Final = "key2"  # the name under which generated configurations hold it


class ClusterIdentity(Part, frozen=True, kw_only=True):
    id: Annotated[str, FILLED]
    secret: Annotated[Secret, FILLED]


class Tokens(Part, frozen=True, kw_only=True):
    bootstrap: Annotated[Secret, FILLED] = field(name="bootstraptoken")
    secretbox: Secret | None = field(name="secretboxencryptionsecret", default=None)
    aescbc: Secret | None = field(name="aescbcencryptionsecret", default=None)


class TrustdInfo(Part, frozen=True, kw_only=True):
    token: Annotated[Secret, FILLED]


class KeyOnly(Part, frozen=True, kw_only=True):
    key: Annotated[Secret, BASE64, PRIVATE_KEY]


class Certs(Part, frozen=True, kw_only=True):
    etcd: CertAndKey
    kubernetes: CertAndKey = field(name="k8s")
    aggregator: CertAndKey = field(name="k8saggregator")
    service_account: KeyOnly = field(name="k8sserviceaccount")
    os: CertAndKey


class Bundle(Part, frozen=True, kw_only=True):
    cluster: ClusterIdentity
    secrets: Tokens
    trustd: TrustdInfo = field(name="trustdinfo")
    certs: Certs


def generate(
    *, now: datetime, entropy: Entropy, service_account: Algorithm = Algorithm.RSA
) -> Bundle:
    """Draw all secrets of a new cluster. RSA for service accounts: some clouds verify no other."""

    def authority(organization: str, algorithm: Algorithm) -> CertAndKey:
        return _held(make_ca(organization, algorithm, now=now, entropy=entropy))

    return Bundle(
        cluster=ClusterIdentity(
            id=base64.urlsafe_b64encode(entropy(32)).decode(),
            secret=Secret(base64.b64encode(entropy(32)).decode()),
        ),
        secrets=Tokens(
            bootstrap=make_token(entropy),
            secretbox=Secret(base64.b64encode(entropy(32)).decode()),
        ),
        trustd=TrustdInfo(token=make_token(entropy)),
        certs=Certs(
            etcd=authority("etcd", Algorithm.P256),
            kubernetes=authority("kubernetes", Algorithm.P256),
            aggregator=authority("", Algorithm.P256),
            service_account=KeyOnly(key=Secret(key_pem(make_key(service_account, entropy)))),
            os=authority("talos", Algorithm.ED25519),
        ),
    )


def make_token(entropy: Entropy) -> Secret:
    """Draw 6 + "." + 16 characters, every one of the 36 equally likely."""

    def text(length: int) -> str:
        drawn = ""
        while len(drawn) < length:
            byte = entropy(1)[0]
            if byte < 252:  # 7 * 36; the rest would favour the first letters
                drawn += _ALPHABET[byte % 36]
        return drawn

    return Secret(f"{text(6)}.{text(16)}")


def _held(pair: Pair) -> CertAndKey:
    return CertAndKey(crt=pair.certificate, key=Secret(pair.key))


def pair_of(held: CertAndKey) -> Pair:
    """Give a CA as pki wants it. Raises InputError if the key is not there."""
    if not held.key:
        raise InputError("the key of the CA is not there", hint="use a control plane's secrets")
    return Pair(certificate=held.crt, key=held.key.reveal())


def with_kubernetes_pki(bundle: Bundle, files: Mapping[str, str]) -> Bundle:
    """Give the bundle with the CAs of a cluster that kubeadm made.

    files: name in its pki directory (KUBERNETES_PKI) -> text. Raises InputError.
    """
    for name in KUBERNETES_PKI:
        check = CERTS if name.endswith(".crt") else PRIVATE_KEY
        if not check.test(files[name]):
            raise InputError(f"expected {check.expectation}", path=name)

    def authority(name: str) -> CertAndKey:
        return CertAndKey(crt=files[f"{name}.crt"], key=Secret(files[f"{name}.key"]))

    certs = msgspec.structs.replace(
        bundle.certs,
        kubernetes=authority("ca"),
        etcd=authority("etcd/ca"),
        aggregator=authority("front-proxy-ca"),
        service_account=KeyOnly(key=Secret(files["sa.key"])),
    )
    return msgspec.structs.replace(bundle, certs=certs)


def with_bootstrap_token(bundle: Bundle, token: str) -> Bundle:
    """Give the bundle with another bootstrap token. Raises InputError, which does not carry it."""
    if not TOKEN.test(token):
        raise InputError(f"expected a token, {TOKEN.expectation}")
    secrets = msgspec.structs.replace(bundle.secrets, bootstrap=Secret(token))
    return msgspec.structs.replace(bundle, secrets=secrets)


def write(bundle: Bundle) -> str:
    """Give the file; it holds every secret in clear."""
    return dump(struct_of(Bundle).encode(bundle))


def read(data: bytes | str, *, file: str = "<secrets>") -> Bundle:
    """Read the file. Raises Problems."""
    problems: list[Problem] = []
    nodes = parse_into(data, problems)
    if len(nodes) != 1 and not problems:
        problems.append(Problem(line=0, message="expected one YAML document of secrets"))
    found = struct_of(Bundle).decode(nodes[0], Place(problems, "$")) if nodes else INVALID
    if problems or not isinstance(found, Bundle):
        raise Problems(file, problems)
    return found


def of_config(config: Config) -> Bundle:
    """Gather the secrets from a control plane's configuration. Raises InputError."""
    main, account, identity = config.main, config.service_account, config.cluster_identity
    if main is None or not config.is_control_plane or main.cluster.etcd is None:
        raise InputError("expected the configuration of a control plane")
    if account is None or identity is None:
        raise InputError("expected documents KubeServiceAccountConfig and DiscoveryIdentityConfig")
    return Bundle(
        cluster=ClusterIdentity(id=identity.cluster_id, secret=identity.cluster_secret),
        secrets=Tokens(bootstrap=main.cluster.token, secretbox=_secretbox(config)),
        trustd=TrustdInfo(token=main.machine.token),
        certs=Certs(
            etcd=main.cluster.etcd.ca,
            kubernetes=_authority(config.kubernetes_ca),
            aggregator=_authority(config.aggregator_ca),
            service_account=KeyOnly(key=account.issuer.private_key),
            os=main.machine.ca,
        ),
    )


def _authority(authority: Authority | None) -> CertAndKey:
    if authority is None or authority.key is None:
        raise InputError("expected the CAs of Kubernetes and its aggregation layer, with keys")
    return CertAndKey(crt=authority.certificate, key=authority.key)


def _secretbox(config: Config) -> Secret | None:
    document = config.one(KubeEtcdEncryptionConfig)
    for secret in _strings_at(document.config.value() if document else None, "secretbox", "secret"):
        return Secret(secret)
    return None


def _strings_at(value: Value, *names: str) -> list[str]:
    """Find the texts below keys of these names, in this order of depth."""
    if isinstance(value, list):
        return [text for item in value for text in _strings_at(item, *names)]
    if isinstance(value, dict):
        found: list[str] = []
        for key, item in value.items():
            rest = names[1:] if names and key == names[0] else names
            found += _strings_at(item, *rest)
        return found
    return [value] if isinstance(value, str) and not names else []
