"""Keys, CAs, certificates and requests, made. The only part of pki that needs `cryptography`.

The clock and the randomness are given, so the same inputs give the same bytes; RSA keys alone are
drawn by OpenSSL itself. CAs: Ed25519 for the OS, P-256 for Kubernetes and etcd, whose programs
know no other as well. Extensions satisfy OpenSSL's strict mode, Python's default since 3.13.
"""

import ipaddress
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from msgspec import Struct

from ichor.errors import InputError
from ichor.pki import pem
from ichor.pki.leaf import DAY
from ichor.pki.leaf import Algorithm as Algorithm  # given on: part of what one asks with
from ichor.pki.leaf import Leaf as Leaf
from ichor.pki.leaf import Usage as Usage

Entropy: TypeAlias = Callable[[int], bytes]
PrivateKey: TypeAlias = ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
PublicKey: TypeAlias = ed25519.Ed25519PublicKey | ec.EllipticCurvePublicKey | rsa.RSAPublicKey

SKEW: Final = timedelta(seconds=10)  # how far NotBefore lies back, for clocks that are behind
CA_LIFETIME: Final = timedelta(days=3650)
_MAX_NAME: Final = 64
_CURVES: Final = (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)
_P256_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


_USAGES: Final = {
    Usage.SERVER: ExtendedKeyUsageOID.SERVER_AUTH,
    Usage.CLIENT: ExtendedKeyUsageOID.CLIENT_AUTH,
}


class Pair(Struct, frozen=True, kw_only=True):
    """A certificate and its private key, PEM; repr shows the certificate only."""

    certificate: str
    key: str

    def __repr__(self) -> str:
        return f"Pair(certificate={self.certificate!r}, key=<secret>)"


def make_key(algorithm: Algorithm, entropy: Entropy) -> PrivateKey:
    match algorithm:
        case Algorithm.ED25519:
            return ed25519.Ed25519PrivateKey.from_private_bytes(entropy(32))
        case Algorithm.P256:
            # FIPS 186-5 A.2.1: 64 bits more than the order, so that the remainder is even
            scalar = int.from_bytes(entropy(40)) % (_P256_ORDER - 1) + 1
            return ec.derive_private_key(scalar, ec.SECP256R1())
        case Algorithm.RSA:
            return rsa.generate_private_key(public_exponent=65537, key_size=3072)


def key_pem(key: PrivateKey) -> str:
    """Write a key under the label that existing configurations have for its algorithm."""
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return pkcs8_pem(key).replace(pem.PKCS8, pem.ED25519)
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    ).decode()


def pkcs8_pem(key: PrivateKey) -> str:
    """Write a key as `PRIVATE KEY`, which every program reads."""
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def public_pem(key: PrivateKey) -> str:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.PEM, form).decode()


def load_key(text: str) -> PrivateKey:
    """Read a private key, whichever label it has. Raises InputError, which does not carry it."""
    try:
        key = serialization.load_pem_private_key(pem.for_openssl(text).encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise InputError("expected an unencrypted private key in PEM") from None
    if not isinstance(
        key, ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
    ):
        raise InputError("expected an Ed25519, ECDSA or RSA key")
    return key


def make_ca(
    organization: str,
    algorithm: Algorithm,
    *,
    now: datetime,
    entropy: Entropy,
    lifetime: timedelta = CA_LIFETIME,
) -> Pair:
    """Make a self-signed CA whose subject is the organisation."""
    key = make_key(algorithm, entropy)
    name = _name("", (organization,)) if organization else _name("ca", ())
    builder = _builder(name, name, key.public_key(), now - SKEW, now + lifetime, entropy)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    builder = builder.add_extension(_key_usage(ca=True), critical=True)
    return Pair(certificate=_sign(builder, key), key=key_pem(key))


def make_signer(
    common_name: str, *, now: datetime, entropy: Entropy, lifetime: timedelta = CA_LIFETIME
) -> Pair:
    """Make a self-signed certificate that signs images: firmware knows RSA, and trusts it alone."""
    key = make_key(Algorithm.RSA, entropy)
    name = _name(common_name, ())
    builder = _builder(name, name, key.public_key(), now - SKEW, now + lifetime, entropy)
    builder = builder.add_extension(
        x509.BasicConstraints(ca=False, path_length=None), critical=True
    )
    builder = builder.add_extension(_key_usage(ca=False), critical=True)
    return Pair(certificate=_sign(builder, key), key=key_pem(key))


def issue(ca: Pair, key: PublicKey, leaf: Leaf, *, now: datetime, entropy: Entropy) -> str:
    """Give a certificate for a public key, PEM. It does not outlive the CA's."""
    issuer = x509.load_pem_x509_certificate(ca.certificate.encode())
    not_after = min(now + leaf.lifetime, issuer.not_valid_after_utc)
    if not_after <= now:
        raise InputError(f"the CA is valid until {issuer.not_valid_after_utc}, it is {now}")
    subject = _name(leaf.common_name, leaf.organizations)
    builder = _builder(subject, issuer.subject, key, now - SKEW, not_after, entropy)
    builder = builder.add_extension(
        x509.BasicConstraints(ca=False, path_length=None), critical=True
    )
    builder = builder.add_extension(
        _key_usage(ca=False, rsa=isinstance(key, rsa.RSAPublicKey)), critical=True
    )
    if leaf.usages:
        usages = [_USAGES[usage] for usage in Usage if usage in leaf.usages]
        builder = builder.add_extension(x509.ExtendedKeyUsage(usages), critical=False)
    authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(_public(issuer.public_key()))
    builder = builder.add_extension(authority, critical=False)
    if leaf.sans:
        names = x509.SubjectAlternativeName(_sans(leaf.sans))
        builder = builder.add_extension(names, critical=not list(subject))
    return _sign(builder, load_key(ca.key))


def issue_pair(
    ca: Pair, algorithm: Algorithm, leaf: Leaf, *, now: datetime, entropy: Entropy
) -> Pair:
    """Make a key and a certificate for it."""
    key = make_key(algorithm, entropy)
    certificate = issue(ca, key.public_key(), leaf, now=now, entropy=entropy)
    return Pair(certificate=certificate, key=key_pem(key))


def make_csr(
    key: PrivateKey,
    *,
    common_name: str = "",
    organizations: tuple[str, ...] = (),
    sans: tuple[str, ...] = (),
) -> str:
    builder = x509.CertificateSigningRequestBuilder(_name(common_name, organizations))
    if sans:
        builder = builder.add_extension(x509.SubjectAlternativeName(_sans(sans)), critical=False)
    if isinstance(key, ed25519.Ed25519PrivateKey):
        request = builder.sign(key, None)
    else:
        request = builder.sign(key, hashes.SHA256())
    return request.public_bytes(serialization.Encoding.PEM).decode()


def sign_server_csr(
    ca: Pair,
    csr: str,
    *,
    now: datetime,
    entropy: Entropy,
    lifetime: timedelta = DAY,
) -> str:
    """Sign a machine's request as trustd does: server authentication only, no organisation.

    Common name, DNS names and addresses are taken over; all else in it is dropped.
    Raises InputError if it is no request, or its signature is not that of its key.
    """
    request = _load_csr(csr)
    leaf = Leaf(
        common_name=_first(request.subject, NameOID.COMMON_NAME),
        sans=_request_sans(request),
        usages=frozenset({Usage.SERVER}),
        lifetime=lifetime,
    )
    return issue(ca, _public(request.public_key()), leaf, now=now, entropy=entropy)


def sign_csr(
    ca: Pair,
    csr: str,
    *,
    usages: frozenset[Usage],
    lifetime: timedelta,
    now: datetime,
    entropy: Entropy,
) -> str:
    """Sign a request of the CA's owner: subject and names as it asks (`gen crt`)."""
    request = _load_csr(csr)
    organizations = request.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    leaf = Leaf(
        common_name=_first(request.subject, NameOID.COMMON_NAME),
        organizations=tuple(str(attribute.value) for attribute in organizations),
        sans=_request_sans(request),
        usages=usages,
        lifetime=lifetime,
    )
    return issue(ca, _public(request.public_key()), leaf, now=now, entropy=entropy)


def _load_csr(csr: str) -> x509.CertificateSigningRequest:
    try:
        request = x509.load_pem_x509_csr(csr.encode())
        _public(request.public_key())
        good = request.is_signature_valid
    except (ValueError, UnsupportedAlgorithm, InvalidSignature, x509.InvalidVersion):
        raise InputError("expected a certificate request in PEM") from None
    if not good:
        raise InputError("the signature of the request is not that of its key")
    return request


def _request_sans(request: x509.CertificateSigningRequest) -> tuple[str, ...]:
    try:
        names = request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    except (ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        raise InputError("expected readable extensions in the request") from None
    addresses = [str(address) for address in names.get_values_for_type(x509.IPAddress)]
    return (*names.get_values_for_type(x509.DNSName), *addresses)


def _first(name: x509.Name, kind: x509.ObjectIdentifier) -> str:
    found = name.get_attributes_for_oid(kind)
    return str(found[0].value) if found else ""


def _public(key: object) -> PublicKey:
    if isinstance(key, rsa.RSAPublicKey) and key.key_size < 2048:
        raise InputError(f"expected an RSA key of at least 2048 bits, got {key.key_size}")
    if isinstance(key, ec.EllipticCurvePublicKey) and not isinstance(key.curve, _CURVES):
        raise InputError(f"expected curve P-256, P-384 or P-521, got {key.curve.name}")
    if isinstance(key, ed25519.Ed25519PublicKey | ec.EllipticCurvePublicKey | rsa.RSAPublicKey):
        return key
    raise InputError("expected an Ed25519, ECDSA or RSA key")


def _name(common_name: str, organizations: Iterable[str]) -> x509.Name:
    """Write a subject. A common name above 64 characters is left out: RFC 5280 allows no more,

    host names may have more, and every name that counts is among the alternative names.
    """
    named = [(NameOID.ORGANIZATION_NAME, each) for each in organizations]
    if 0 < len(common_name) <= _MAX_NAME:
        named.append((NameOID.COMMON_NAME, common_name))
    for _, value in named:
        if not 0 < len(value) <= _MAX_NAME:
            raise InputError(f"a name in a certificate has 1 to {_MAX_NAME} characters: {value!r}")
    return x509.Name([x509.NameAttribute(kind, value) for kind, value in named])


def _sans(sans: Iterable[str]) -> list[x509.GeneralName]:
    names: list[x509.GeneralName] = []
    for san in dict.fromkeys(sans):
        try:
            names.append(x509.IPAddress(ipaddress.ip_address(san)))
        except ValueError:
            if not san.isascii() or not san:
                raise InputError(f"{san!r} is neither an address nor a DNS name") from None
            names.append(x509.DNSName(san))
    return names


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: PublicKey,
    not_before: datetime,
    not_after: datetime,
    entropy: Entropy,
) -> x509.CertificateBuilder:
    serial = int.from_bytes(entropy(16)) >> 1 | 1  # positive, never zero, RFC 5280 4.1.2.2
    builder = x509.CertificateBuilder(issuer, subject, key, serial)
    builder = builder.not_valid_before(not_before).not_valid_after(not_after)
    return builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)


def _key_usage(*, ca: bool, rsa: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_encipherment=rsa,
        key_cert_sign=ca,
        crl_sign=ca,
        content_commitment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _sign(builder: x509.CertificateBuilder, key: PrivateKey) -> str:
    if isinstance(key, ed25519.Ed25519PrivateKey):
        certificate = builder.sign(key, None)
    elif isinstance(key, ec.EllipticCurvePrivateKey):
        certificate = builder.sign(key, hashes.SHA256(), ecdsa_deterministic=True)
    else:
        certificate = builder.sign(key, hashes.SHA256())
    return certificate.public_bytes(serialization.Encoding.PEM).decode()
