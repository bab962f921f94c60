"""What is issued verifies, says what it was asked to say, and nothing a request sneaks in."""

import random
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.verification import PolicyBuilder, Store
from hypothesis import given, settings
from hypothesis import strategies as st

from ichor.errors import InputError
from ichor.pki import certificate, pem
from ichor.pki.certificate import CLIENT_AUTH, SERVER_AUTH
from ichor.pki.issue import (
    SKEW,
    Entropy,
    Pair,
    issue,
    issue_pair,
    key_pem,
    load_key,
    make_ca,
    make_csr,
    make_key,
    pkcs8_pem,
    public_pem,
    sign_csr,
    sign_server_csr,
)
from ichor.pki.leaf import Algorithm, Leaf, Usage

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
DAY = timedelta(hours=24)
SERVER = frozenset({Usage.SERVER})
CURVES = (Algorithm.ED25519, Algorithm.P256)


def entropy(seed: int = 1) -> Entropy:
    return random.Random(seed).randbytes


def authority(algorithm: Algorithm = Algorithm.ED25519, seed: int = 1) -> Pair:
    return make_ca("talos", algorithm, now=NOW, entropy=entropy(seed))


def leaf(sans: tuple[str, ...] = ("node.example", "10.0.0.1"), lifetime: timedelta = DAY) -> Leaf:
    return Leaf(common_name="node", sans=sans, usages=SERVER, lifetime=lifetime)


@pytest.mark.parametrize("algorithm", CURVES)
def test_a_chain_verifies(algorithm: Algorithm) -> None:
    ca = authority(algorithm)
    pair = issue_pair(ca, algorithm, leaf(), now=NOW, entropy=entropy(2))
    store = Store([x509.load_pem_x509_certificate(ca.certificate.encode())])
    issued = x509.load_pem_x509_certificate(pair.certificate.encode())
    issued.verify_directly_issued_by(x509.load_pem_x509_certificate(ca.certificate.encode()))
    if algorithm is Algorithm.P256:  # the web's profile knows no Ed25519
        verifier = PolicyBuilder().store(store).time(NOW.replace(tzinfo=None))
        verifier.build_server_verifier(x509.DNSName("node.example")).verify(issued, [])


@pytest.mark.parametrize("algorithm", [*CURVES, Algorithm.RSA])
def test_python_speaks_tls_13_with_it_in_strict_mode(algorithm: Algorithm, tmp_path: Path) -> None:
    now = datetime.now(UTC).replace(microsecond=0)  # OpenSSL compares with the real clock
    ca = make_ca("talos", Algorithm.ED25519, now=now, entropy=entropy())
    pair = issue_pair(ca, algorithm, leaf(), now=now, entropy=entropy(2))
    chain = tmp_path / "chain.pem"
    chain.write_text(pair.certificate + pem.for_openssl(pair.key))
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(chain)
    client = ssl.create_default_context(cadata=ca.certificate)
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    assert shake_hands(client, server, "node.example") == "TLSv1.3"
    assert shake_hands(client, server, "10.0.0.1") == "TLSv1.3"
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        shake_hands(client, server, "other.example")


def shake_hands(client: ssl.SSLContext, server: ssl.SSLContext, name: str) -> str | None:
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    one = client.wrap_bio(to_client, to_server, server_hostname=name)
    other = server.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(4):
        for side in (one, other):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    return one.version()


@pytest.mark.parametrize("algorithm", CURVES)
def test_the_same_entropy_gives_the_same_bytes(algorithm: Algorithm) -> None:
    assert authority(algorithm) == authority(algorithm)
    assert authority(algorithm, 1) != authority(algorithm, 2)


def test_a_certificate_does_not_outlive_its_authority() -> None:
    ca = make_ca("talos", Algorithm.ED25519, now=NOW, entropy=entropy(), lifetime=DAY)
    pair = issue_pair(ca, Algorithm.ED25519, leaf(lifetime=DAY * 9), now=NOW, entropy=entropy(2))
    assert certificate.parse_pem(pair.certificate).not_after == NOW + DAY


def test_a_certificate_begins_a_little_earlier_for_clocks_that_are_behind() -> None:
    pair = issue_pair(authority(), Algorithm.ED25519, leaf(), now=NOW, entropy=entropy(2))
    read = certificate.parse_pem(pair.certificate)
    assert (read.not_before, read.not_after) == (NOW - SKEW, NOW + DAY)


def test_a_machine_gets_server_authentication_and_no_organisation() -> None:
    request = make_csr(
        make_key(Algorithm.ED25519, entropy(3)),
        common_name="worker",
        organizations=("os:admin", "os:impersonator"),
        sans=("worker", "10.0.0.2"),
    )
    read = certificate.parse_pem(sign_server_csr(authority(), request, now=NOW, entropy=entropy(4)))
    assert read.organizations == ()
    assert read.usages == (SERVER_AUTH,)
    assert not read.is_ca
    assert (read.common_name, read.dns_names, read.addresses) == (
        "worker", ("worker",), ("10.0.0.2",),
    )  # fmt: skip
    assert read.not_after == NOW + DAY


def test_an_owner_signs_a_client_with_the_roles_it_asks_for() -> None:
    request = make_csr(make_key(Algorithm.P256, entropy(3)), organizations=("os:reader",))
    signed = sign_csr(
        authority(), request, usages=frozenset({Usage.CLIENT}), lifetime=DAY, now=NOW,
        entropy=entropy(4),
    )  # fmt: skip
    read = certificate.parse_pem(signed)
    assert read.organizations == ("os:reader",)
    assert read.usages == (CLIENT_AUTH,)
    assert read.is_client_only


def test_a_request_that_was_changed_after_signing_is_refused() -> None:
    request = make_csr(make_key(Algorithm.ED25519, entropy(3)), common_name="worker")
    block = pem.decode(request)[0]
    changed = pem.encode(block.label, block.der.replace(b"worker", b"forged"))
    with pytest.raises(InputError, match="not that of its key"):
        sign_server_csr(authority(), changed, now=NOW, entropy=entropy())


@pytest.mark.parametrize(
    "text",
    ["", "x", "-----BEGIN CERTIFICATE REQUEST-----\nYQ==\n-----END CERTIFICATE REQUEST-----"],
)
def test_what_is_no_request_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="certificate request"):
        sign_server_csr(authority(), text, now=NOW, entropy=entropy())


def test_a_host_name_too_long_for_a_common_name_is_among_the_alternative_names() -> None:
    name = ".".join(["a" * 60] * 3)
    wanted = Leaf(common_name=name, sans=(name,), usages=SERVER, lifetime=DAY)
    pair = issue_pair(authority(), Algorithm.ED25519, wanted, now=NOW, entropy=entropy(2))
    read = certificate.parse_pem(pair.certificate)
    assert (read.common_name, read.dns_names) == ("", (name,))


@pytest.mark.parametrize("wanted", [
    Leaf(organizations=("",), usages=SERVER, lifetime=DAY),
    Leaf(organizations=("x" * 65,), usages=SERVER, lifetime=DAY),
    Leaf(sans=("é",), usages=SERVER, lifetime=DAY),
])  # fmt: skip
def test_a_name_that_no_certificate_can_hold_is_an_error_of_input(wanted: Leaf) -> None:
    with pytest.raises(InputError):
        issue_pair(authority(), Algorithm.ED25519, wanted, now=NOW, entropy=entropy(2))


def test_a_request_of_a_weak_key_is_refused() -> None:
    weak = ec.derive_private_key(7, ec.SECP224R1())
    with pytest.raises(InputError, match="P-256"):
        sign_server_csr(authority(), make_csr(weak), now=NOW, entropy=entropy())


CSR_DER = pem.decode(make_csr(make_key(Algorithm.P256, entropy(5)), sans=("a.b", "::1")))[0].der


@settings(max_examples=300)
@given(
    st.lists(
        st.tuples(st.integers(0, len(CSR_DER) - 1), st.integers(0, 255)), min_size=1, max_size=4
    )
)
def test_a_request_with_changed_bytes_is_refused(changes: list[tuple[int, int]]) -> None:
    changed = bytearray(CSR_DER)
    for at, byte in changes:
        changed[at] = byte
    if changed == CSR_DER:
        return
    with pytest.raises(InputError):
        sign_server_csr(
            authority(), pem.encode(pem.CSR, bytes(changed)), now=NOW, entropy=entropy()
        )


def test_a_request_of_another_version_is_refused() -> None:
    changed = CSR_DER.replace(b"\x02\x01\x00", b"\x02\x01\x44", 1)
    with pytest.raises(InputError):
        sign_server_csr(authority(), pem.encode(pem.CSR, changed), now=NOW, entropy=entropy())


@pytest.mark.parametrize("algorithm", [*CURVES, Algorithm.RSA])
def test_a_key_is_read_back_under_either_label(algorithm: Algorithm) -> None:
    key = make_key(algorithm, entropy())
    for text in (key_pem(key), pkcs8_pem(key)):
        assert public_pem(load_key(text)) == public_pem(key)


def test_keys_have_the_labels_of_existing_configurations() -> None:
    labels = [pem.decode(key_pem(make_key(each, entropy())))[0].label for each in Algorithm]
    assert labels == ["ED25519 PRIVATE KEY", "EC PRIVATE KEY", "RSA PRIVATE KEY"]


def test_a_key_that_is_none_is_refused_without_being_shown() -> None:
    with pytest.raises(InputError) as caught:
        load_key("-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n")
    assert "c2VjcmV0" not in f"{caught.value} {caught.value.__cause__}"


def test_the_repr_of_a_pair_does_not_show_the_key() -> None:
    ca = authority()
    assert ca.key.splitlines()[1] not in repr(ca)


def test_every_serial_number_is_positive_and_its_own() -> None:
    draw = entropy()
    key = make_key(Algorithm.ED25519, draw).public_key()
    ca = authority()
    texts = [issue(ca, key, leaf(), now=NOW, entropy=draw) for _ in range(50)]
    serials = {certificate.parse_pem(text).serial for text in texts}
    assert len(serials) == 50
    assert all(0 < serial < 1 << 127 for serial in serials)
