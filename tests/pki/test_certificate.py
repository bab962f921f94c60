"""The small DER reader agrees with a grown library on what is good, and takes nothing else."""

import contextlib
import random
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from hypothesis import given, settings
from hypothesis import strategies as st

from ichor.errors import FormatError
from ichor.pki import certificate, der, pem, roles
from ichor.pki.certificate import Certificate
from ichor.pki.der import Reader
from ichor.pki.issue import issue_pair, make_ca
from ichor.pki.leaf import Algorithm, Leaf, Usage
from ichor.pki.roles import Role

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
CA = make_ca("talos", Algorithm.ED25519, now=NOW, entropy=random.Random(1).randbytes)
OLD = datetime(1999, 1, 1, tzinfo=UTC)
FAR = datetime(2049, 1, 1, tzinfo=UTC)


def made(leaf: Leaf, now: datetime = NOW, algorithm: Algorithm = Algorithm.P256) -> str:
    entropy = random.Random(2).randbytes
    lifetime = timedelta(days=20000)
    ca = make_ca("talos", algorithm, now=now, entropy=entropy, lifetime=lifetime)
    return issue_pair(ca, algorithm, leaf, now=now, entropy=entropy).certificate


def admin(usages: frozenset[Usage] = frozenset({Usage.CLIENT})) -> Certificate:
    leaf = Leaf(organizations=("os:admin",), usages=usages, lifetime=timedelta(hours=24))
    return certificate.parse_pem(made(leaf))


NAMES = st.text(st.characters(min_codepoint=32, codec="utf-8"), min_size=1, max_size=20)
SANS = st.lists(
    st.ip_addresses().map(str) | st.from_regex(r"[a-z]{1,9}(\.[a-z]{1,9}){0,2}", fullmatch=True),
    max_size=4, unique=True,
)  # fmt: skip
LEAVES = st.builds(
    Leaf,
    common_name=NAMES | st.just(""),
    organizations=st.lists(NAMES, max_size=3).map(tuple),
    sans=SANS.map(tuple),
    usages=st.frozensets(st.sampled_from(list(Usage))),
    lifetime=st.timedeltas(timedelta(seconds=1), timedelta(days=18000)).map(
        lambda delta: timedelta(seconds=int(delta.total_seconds()))
    ),
)


@settings(max_examples=60)
@given(
    LEAVES, st.sampled_from([NOW, OLD, FAR]), st.sampled_from([Algorithm.ED25519, Algorithm.P256])
)
def test_it_reads_what_the_library_reads(leaf: Leaf, now: datetime, algorithm: Algorithm) -> None:
    text = made(leaf, now, algorithm)
    ours, theirs = certificate.parse_pem(text), x509.load_pem_x509_certificate(text.encode())
    assert ours.serial == theirs.serial_number
    assert ours.subject == theirs.subject.public_bytes()
    assert ours.issuer == theirs.issuer.public_bytes()
    assert ours.organizations == leaf.organizations
    assert ours.common_name == leaf.common_name
    assert (ours.not_before, ours.not_after) == (
        theirs.not_valid_before_utc, theirs.not_valid_after_utc,
    )  # fmt: skip
    assert (*ours.dns_names, *ours.addresses) == tuple(
        sorted(leaf.sans, key=lambda san: san not in ours.dns_names)
    )
    assert len(ours.usages or ()) == len(leaf.usages)


def test_the_fingerprint_is_the_sha256_of_the_whole() -> None:
    from cryptography.hazmat.primitives.hashes import SHA256

    theirs = x509.load_pem_x509_certificate(CA.certificate.encode())
    assert certificate.parse_pem(CA.certificate).fingerprint == theirs.fingerprint(SHA256()).hex()


def test_a_ca_is_known_as_one() -> None:
    assert certificate.parse_pem(CA.certificate).is_ca
    assert not admin().is_ca


@pytest.mark.parametrize(
    ("usages", "good"),
    [
        ({Usage.CLIENT}, True),
        ({Usage.SERVER}, False),
        ({Usage.CLIENT, Usage.SERVER}, False),
        (set[Usage](), False),
    ],
)
def test_a_client_has_client_authentication_and_nothing_beside(
    usages: set[Usage], good: bool
) -> None:
    assert admin(frozenset(usages)).is_client_only == good


DER = pem.certificates(made(Leaf(common_name="a", organizations=("os:admin",), sans=("a.b", "::1"),
                                 usages=frozenset(Usage), lifetime=timedelta(1))))[0]  # fmt: skip


@settings(max_examples=500)
@given(st.integers(0, len(DER) - 1), st.integers(0, 255))
def test_a_changed_byte_is_read_as_the_library_does_or_refused(at: int, byte: int) -> None:
    data = DER[:at] + bytes([byte]) + DER[at + 1 :]
    try:
        ours = certificate.parse(data)
    except FormatError:
        return
    with contextlib.suppress(ValueError, x509.InvalidVersion):
        theirs = x509.load_der_x509_certificate(data)
        organizations = theirs.subject.get_attributes_for_oid(x509.NameOID.ORGANIZATION_NAME)
        assert ours.organizations == tuple(str(each.value) for each in organizations)
        assert ours.serial == theirs.serial_number
        assert ours.not_after == theirs.not_valid_after_utc


@settings(max_examples=500)
@given(st.binary(max_size=80))
def test_garbage_is_a_format_error(data: bytes) -> None:
    with contextlib.suppress(FormatError):
        certificate.parse(data)
    with contextlib.suppress(FormatError):
        certificate.parse(b"\x30\x80" + data)


@pytest.mark.parametrize("cut", range(0, len(DER), 7))
def test_a_certificate_cut_short_or_with_more_behind_it_is_refused(cut: int) -> None:
    with pytest.raises(FormatError):
        certificate.parse(DER[:cut])
    with pytest.raises(FormatError):
        certificate.parse(DER + b"\x00")


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\x30\x80\x00\x00", id="indefinite-length"),
        pytest.param(b"\x30\x81\x01\x00", id="length-longer-than-needed"),
        pytest.param(b"\x30\x82\x00\x81" + bytes(0x81), id="length-with-leading-zero"),
        pytest.param(b"\x30\x85\x00\x00\x00\x00\x01\x00", id="length-of-five-bytes"),
        pytest.param(b"\x30\x05\x00", id="beyond-the-end"),
        pytest.param(b"\x30", id="no-length"),
        pytest.param(b"\x31\x00", id="other-tag"),
    ],
)
def test_what_is_not_canonical_is_refused(data: bytes) -> None:
    with pytest.raises(FormatError):
        Reader(data).enter(der.SEQUENCE)


def test_years_of_two_digits_are_those_of_1950_to_2049() -> None:
    assert der.time(der.UTC_TIME, b"491231235959Z").year == 2049
    assert der.time(der.UTC_TIME, b"500101000000Z").year == 1950
    for bad in (b"491231235959", b"4912312359Z", b"499931235959Z", b"+91231235959Z"):
        with pytest.raises(FormatError):
            der.time(der.UTC_TIME, bad)


@settings(max_examples=200)
@given(
    st.lists(
        st.tuples(st.sampled_from([pem.CERTIFICATE, pem.PKCS8]), st.binary(max_size=99)),
        min_size=1,
        max_size=3,
    )
)
def test_pem_is_read_back(blocks: list[tuple[str, bytes]]) -> None:
    text = "comment\n" + "".join(pem.encode(label, data) for label, data in blocks)
    assert pem.decode(text) == tuple(blocks)


@settings(max_examples=300)
@given(
    st.lists(
        st.sampled_from(["-----BEGIN ", "-----END ", "X", "-----", "\n", "YQ==", "\r", "é"])
    ).map("".join)
)
def test_broken_pem_is_a_format_error(text: str) -> None:
    with contextlib.suppress(FormatError):
        pem.decode(text)


def test_many_beginnings_without_end_take_linear_time() -> None:
    with pytest.raises(FormatError):
        pem.decode("-----BEGIN X-----\n" * 200_000)


def test_roles_are_the_organisations() -> None:
    assert roles.of_certificate(admin()) == {"os:admin"}
    assert roles.has_any({"os:reader", "other"}, {Role.READER, Role.ADMIN})
    assert not roles.has_any({"other"}, roles.ALL)
    assert roles.granted({"os:admin", "x"}, roles.ALL) == {"os:admin"}


def test_only_an_impersonator_may_state_roles() -> None:
    leaf = Leaf(
        organizations=("os:impersonator",), usages=frozenset({Usage.CLIENT}), lifetime=timedelta(1)
    )
    peer = certificate.parse_pem(made(leaf))
    assert roles.of_caller(peer, ["os:reader", ""]) == {"os:reader"}
    assert roles.of_caller(admin(), ["os:operator"]) == {"os:admin"}


def test_reading_certificates_needs_no_cryptography() -> None:
    import subprocess
    import sys

    modules = ", ".join(
        f"ichor.{name}"
        for name in (
            "pki.certificate",
            "pki.roles",
            "pki.leaf",
            "config.decode",
            "config.encode",
            "config.validate",
            "config.patch",
            "config.diff",
            "client.talosconfig",
        )
    )
    code = f"import sys, {modules}; print('cryptography' in sys.modules)"
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={"PYTHONPATH": "src"}
    )
    assert ran.stdout.strip() == "False", ran.stderr


@given(st.binary(max_size=80))
def test_what_is_no_signature_carries_no_certificate(data: bytes) -> None:
    inner = der.tlv(0xA0, der.tlv(der.SEQUENCE, data))
    for text in (data, der.tlv(der.SEQUENCE, der.tlv(der.OID, b"*"), inner)):
        with pytest.raises(FormatError):
            certificate.of_signature(text)
