"""Whether a machine is what it should be, judged away from it: nothing it says is believed.

    its key signed a quote ─► over our nonce ─► of values of PCRs ─► that its logs explain
        ─► and a release foretold

Each step is a refusal of its own. The logs come from the machine and prove nothing, but if their
digests were changed they yield other values than its TPM has quoted. What a log says an event is
about nobody measured: programs are told by their digests alone.
"""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from enum import Enum
from typing import Final, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from msgspec import Struct

from ichor.errors import FormatError, IchorError
from ichor.formats import measured, tcg_log
from ichor.formats.measured import PCR, ZERO, Manifest
from ichor.formats.tcg_log import Event
from ichor.protocols.tpm2 import attest, public, wire
from ichor.protocols.tpm2.attest import Evidence, Quote

# Of the firmware (0 to 7), the kernel (9), the image and what the stub adds to it (11 to 13).
PCRS: Final = (*range(8), 9, *range(11, 14))
PATIENCE_S: Final = 120.0
_PROGRAMS: Final = 4
# What the stub adds to the image: a command line, credentials, add-ons; system extensions. PCRs of
# the UAPI Group's registry. Ours has none of it, so both stay as a reset leaves them.
_ADDED: Final = (12, 13)
_TELLING: Final = (_PROGRAMS, PCR, *_ADDED)


class Reason(Enum):
    FORM = "form"
    SIGNATURE = "signature"
    KEY = "key"
    NONCE = "nonce"
    STALE = "stale"
    PCR = "pcr"
    LOG = "log"
    RELEASE = "release"


class Rejected(IchorError):  # noqa: N818 - an outcome, named as the field names it
    """The machine has not shown that it is what it should be."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class Challenge(NamedTuple):
    """What was asked. nonce: never used before. pcrs: their numbers."""

    nonce: bytes
    pcrs: Collection[int]


class Answer(NamedTuple):
    """What came back. seconds: after the nonce was drawn."""

    evidence: Evidence
    events: bytes
    measured: bytes
    seconds: float


class Pin(Struct, frozen=True, kw_only=True):
    """A machine's TPM as it was known last. key, endorsement: SHA-256 of the public areas, hex."""

    key: str
    endorsement: str = ""
    resets: int = 0
    clock: int = 0


class Verdict(Struct, frozen=True, kw_only=True):
    """What is proven. phase, version, root: of the release; empty where none was given.

    The root is named by the image's own command line, and nothing was added to that.

    secure_boot: None where the PCR that tells was not asked for, or the log does not tell.
    """

    pin: Pin
    values: Mapping[int, bytes]
    secure_boot: bool | None
    phase: str = ""
    version: str = ""
    root: str = ""


def verify(
    answer: Answer, challenge: Challenge, pin: Pin | None, release: Manifest | None
) -> Verdict:
    """Raises Rejected. pin: what is known of its TPM, if anything is."""
    try:
        quote = _quote(answer.evidence)
        now = _pin(answer.evidence, quote)
        _check_key(now, pin)
        _check_fresh(quote, answer.seconds, challenge, pin)
        values = _values(answer.evidence, quote, challenge)
        phase = _phase(values, release) if release else ""
        events = tcg_log.parse(answer.events)
        _check_logs(events, answer.measured, values)
        if release:
            _check_programs(events, release)
        is_secure = tcg_log.secure_boot(events) if 7 in values else None
    except FormatError as error:
        raise Rejected(Reason.FORM, f"the machine's answer is none: {error}") from error
    return Verdict(
        pin=now,
        values=values,
        secure_boot=is_secure,
        phase=phase,
        version=release.version if release else "",
        root=release.root if release else "",
    )


def _quote(evidence: Evidence) -> Quote:
    """Read the quote that the key has signed."""
    if not public.is_attestation(evidence.key):
        raise Rejected(Reason.KEY, "the key is none that signs only what its TPM says")
    x, y = public.point_of(evidence.key)
    key = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    signature = encode_dss_signature(*attest.signature_of(evidence.signature))
    try:
        key.verify(signature, evidence.statement, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        message = "the quote was not signed by the machine's attestation key"
        raise Rejected(Reason.SIGNATURE, message) from None
    return attest.parse(evidence.statement)


def _pin(evidence: Evidence, quote: Quote) -> Pin:
    key, endorsement = (
        hashlib.sha256(area).hexdigest() for area in (evidence.key, evidence.endorsement)
    )
    return Pin(key=key, endorsement=endorsement, resets=quote.resets, clock=quote.clock)


def _check_key(now: Pin, pin: Pin | None) -> None:
    if pin is None:
        return
    if now.key != pin.key:
        message = f"another TPM signed: its key is {now.key}, the one that is known {pin.key}"
        raise Rejected(Reason.KEY, message)
    if pin.endorsement and now.endorsement != pin.endorsement:
        raise Rejected(Reason.KEY, "the attestation key has come with another endorsement key")


def _check_fresh(quote: Quote, seconds: float, challenge: Challenge, pin: Pin | None) -> None:
    if quote.nonce != challenge.nonce:
        message = "the quote is over another nonce than ours: it was made for another question"
        raise Rejected(Reason.NONCE, message)
    if seconds > PATIENCE_S:
        message = f"the answer took {seconds:.0f} s, {PATIENCE_S:.0f} at most: it may be stale"
        raise Rejected(Reason.STALE, message)
    if pin is not None and (quote.resets, quote.clock) < (pin.resets, pin.clock):
        message = (
            f"the quote is stale: the TPM was at reset {pin.resets} and {pin.clock} ms before, "
            f"and says {quote.resets} and {quote.clock} ms now"
        )
        raise Rejected(Reason.STALE, message)


def _values(evidence: Evidence, quote: Quote, challenge: Challenge) -> Mapping[int, bytes]:
    """Give the values of PCRs that the quote is over."""
    asked = sorted(set(challenge.pcrs))
    if list(quote.pcrs) != asked or sorted(evidence.values) != asked:
        message = f"PCRs {listed(quote.pcrs)} were quoted, not {listed(asked)}"
        raise Rejected(Reason.PCR, message)
    if wire.pcr_digest(evidence.values) != quote.digest:
        raise Rejected(Reason.PCR, "the PCRs have other values than the TPM has quoted")
    return evidence.values


def _phase(values: Mapping[int, bytes], release: Manifest) -> str:
    """Give the phase that the release foretold this value of PCR 11 for."""
    if not set(_TELLING) <= set(values):
        raise Rejected(Reason.PCR, f"a release is told by PCRs {listed(_TELLING)}")
    for pcr in _ADDED:
        if values[pcr] != ZERO:
            message = f"the image was told more than it has: PCR {pcr} is {values[pcr].hex()}"
            raise Rejected(Reason.PCR, message)
    found = values[PCR].hex()
    for phase, value in release.pcr11.items():
        if value == found:
            return phase
    message = f"PCR {PCR} is {found}, which is no state of release {release.version}"
    raise Rejected(Reason.PCR, message)


def _check_logs(events: Sequence[Event], log: bytes, values: Mapping[int, bytes]) -> None:
    told = measured.replay(measured.parse(log), tcg_log.replay(events))
    for pcr, value in values.items():
        if told.get(pcr, ZERO) != value:
            message = (
                f"PCR {pcr} is {value.hex()}, and the logs make it {told.get(pcr, ZERO).hex()}: "
                "one was changed, or something was measured that they do not tell"
            )
            raise Rejected(Reason.LOG, message)


def _check_programs(events: Sequence[Event], release: Manifest) -> None:
    """See that firmware started the loader, once or again, and that the image, and nothing else."""
    loader, image = bytes.fromhex(release.loader), bytes.fromhex(release.image)
    known = {loader, image, *tcg_log.ACTIONS, *tcg_log.SEPARATORS}
    digests = [event.digest for event in tcg_log.extensions(events, _PROGRAMS)]
    if foreign := [digest.hex() for digest in digests if digest not in known]:
        message = f"a program was started that is none of the release: {listed(foreign)}"
        raise Rejected(Reason.RELEASE, message)
    if image not in digests:
        raise Rejected(Reason.RELEASE, f"the image of release {release.version} was not started")
    begun = [digest for digest in digests if digest not in tcg_log.ACTIONS]
    separator, *started = begun
    if separator not in tcg_log.SEPARATORS or started != [loader] * (len(started) - 1) + [image]:
        raise Rejected(Reason.RELEASE, "the loader and the image were started in another order")
    if len(started) == 1:
        raise Rejected(Reason.RELEASE, "the image was not started by the release's loader")


def listed(items: Collection[object]) -> str:
    return ", ".join(map(str, items)) or "none"
