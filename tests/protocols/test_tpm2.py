"""TPM 2.0 without a TPM: numbers of the specification, and bytes that are not what they claim."""

import os
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.kdf.concatkdf import ConcatKDFHash
from cryptography.hazmat.primitives.kdf.kbkdf import KBKDFHMAC, CounterLocation, Mode
from hypothesis import given
from hypothesis import strategies as st

from ichor.errors import FormatError
from ichor.protocols.tpm2 import objects, p256, policy, public, sealing, session, wire
from ichor.protocols.tpm2.command import Exchange, of_tpm
from ichor.protocols.tpm2.objects import Made
from ichor.protocols.tpm2.refusal import Refused, name_of
from ichor.protocols.tpm2.sealing import Sealed
from ichor.protocols.tpm2.wire import Reader

numbers = st.integers(min_value=1, max_value=2**256 - 2**224)
pcrs = st.sets(st.integers(0, 23), min_size=1)


@pytest.mark.parametrize(
    ("code", "name"),
    [
        (0x99D, "RC_POLICY_FAIL"),
        (0x1DF, "RC_INTEGRITY"),
        (0x98E, "RC_AUTH_FAIL"),
        (0x128, "RC_PCR_CHANGED"),
        (0x922, "RC_RETRY"),
        (0x902, "RC_OBJECT_MEMORY"),
        (0x0BF, "RC_0x0bf"),
        (0x10001, "RC_0x10001"),
    ],
)
def test_a_response_code_has_its_name(code: int, name: str) -> None:
    assert name_of(code) == name


@pytest.mark.parametrize(
    ("code", "where"),
    [(0x99D, "session 1"), (0x1DF, "parameter 1"), (0x18B, "handle 1"), (0x128, "(0x128)")],
)
def test_a_refusal_says_what_it_is_about(code: int, where: str) -> None:
    assert str(Refused("LOAD", code)).endswith(where)


@given(numbers)
def test_points_are_multiplied_as_by_another_implementation(number: int) -> None:
    known = ec.derive_private_key(number, ec.SECP256R1()).public_key().public_numbers()
    assert p256.multiply(number, p256.BASE) == (known.x, known.y)


@given(numbers, numbers)
def test_both_ends_agree(one: int, other: int) -> None:
    theirs = p256.multiply(other, p256.BASE)
    assert p256.multiply(one, theirs) == p256.multiply(other, p256.multiply(one, p256.BASE))


def test_a_point_beside_the_curve_is_refused() -> None:
    x, y = p256.BASE.parts
    assert p256.point(x, y) == p256.BASE
    for wrong in ((y, x), (bytes(32), bytes(32)), (x, b"")):
        with pytest.raises(FormatError):
            p256.point(*wrong)


@given(st.binary(max_size=64), st.binary(max_size=64), st.integers(1, 100))
def test_keys_are_derived_as_sp_800_108_and_56a_say(key: bytes, context: bytes, size: int) -> None:
    kbkdf = KBKDFHMAC(
        algorithm=hashes.SHA256(),
        mode=Mode.CounterMode,
        length=size,
        rlen=4,
        llen=4,
        location=CounterLocation.BeforeFixed,
        label=b"ATH",
        context=context,
        fixed=None,
    )
    if key:
        assert session.kdfa(key, b"ATH", context, size) == kbkdf.derive(key)
    concat = ConcatKDFHash(hashes.SHA256(), size, b"SECRET\0" + context)
    assert session.kdfe(key, b"SECRET", context, size) == concat.derive(key)


def test_the_policy_of_an_endorsement_key_is_that_of_its_profile() -> None:
    """PolicySecret of the endorsement hierarchy (part 3, 23.4), by its digest in the EK profile."""
    hierarchy = of_tpm(wire.ENDORSEMENT).name
    secret = wire.digest(wire.digest(policy.EMPTY, wire.u32(0x151), hierarchy))
    assert secret == public.EK_POLICY


@given(pcrs)
def test_a_selection_is_read_as_it_was_written(chosen: set[int]) -> None:
    reader = Reader(wire.selection(chosen))
    assert list(reader.selection()) == sorted(chosen)
    reader.end()


@pytest.mark.parametrize("chosen", [[24], [-1]])
def test_there_are_24_pcrs(chosen: list[int]) -> None:
    with pytest.raises(FormatError):
        wire.selection(chosen)


def test_a_template_is_told_from_another() -> None:
    x, y = p256.BASE.parts
    head = public.ATTESTATION[: -len(wire.sized(b"") * 2)]
    key = head + wire.sized(x) + wire.sized(y)
    assert public.is_attestation(key)
    assert public.point_of(key) == p256.BASE
    storage = public.STORAGE[: -len(wire.sized(bytes(32)) * 2)] + wire.sized(x) + wire.sized(y)
    assert public.point_of(storage) == p256.BASE
    assert not public.is_attestation(storage)


SEALED = Sealed(
    b"parent", Made(b"private", b"area"), (4, 7), public.RsaKey(1 << 2047, 65537), (11,)
)


def test_a_blob_is_read_as_it_was_written() -> None:
    assert sealing.unpack(sealing.pack(SEALED)) == SEALED
    alone = SEALED._replace(signer=None, signed=())
    assert sealing.unpack(sealing.pack(alone)) == alone


@given(st.integers(min_value=0), st.binary(min_size=1, max_size=4))
def test_a_changed_blob_is_read_or_refused(at: int, change: bytes) -> None:
    blob = sealing.pack(SEALED)
    at %= len(blob)
    for changed in (blob[:at], blob[:at] + change + blob[at + len(change) :], blob + change):
        try:
            sealing.unpack(changed)
        except FormatError:
            continue


EXCHANGES: list[Callable[[], Exchange[object]]] = [
    lambda: objects.pcr_read([11]),
    lambda: objects.random(16),
    lambda: objects.create_primary(wire.OWNER, public.STORAGE),
    lambda: objects.nv_read(0x01C0000A),
    lambda: sealing.seal(b"secret", (7,), None, (), os.urandom),
]


@given(st.sampled_from(EXCHANGES), st.binary(max_size=120), st.booleans())
def test_whatever_answers_is_read_or_refused(
    begin: Callable[[], Exchange[object]], response: bytes, framed: bool
) -> None:
    if framed:
        head = b"\x80\x01" + (10 + len(response)).to_bytes(4, "big")
        response = head + bytes(4) + response
    exchange = begin()
    next(exchange)
    try:
        exchange.send(response)
    except (FormatError, Refused, StopIteration):
        return
