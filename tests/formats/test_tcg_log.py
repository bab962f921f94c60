"""The log of the firmware, as the PC Client profile writes it."""

import hashlib
import json
import struct
from base64 import b64decode
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ichor.errors import FormatError
from ichor.formats import tcg_log
from ichor.formats.tcg_log import Event

GLOBAL = bytes.fromhex("61dfe48bca93d211aa0d00e098032b8c")  # EFI_GLOBAL_VARIABLE
BANKS = ((4, 20), (11, 32), (12, 48))
HEAD = b"Spec ID Event03\0" + struct.pack("<IBBBBI", 0, 0, 2, 0, 2, len(BANKS))
HEAD += b"".join(struct.pack("<HH", *bank) for bank in BANKS) + b"\0"


def old(data: bytes = HEAD, kind: int = 3) -> bytes:
    return struct.pack("<II20sI", 0, kind, b"", len(data)) + data


def new(pcr: int, kind: int, data: bytes, digest: bytes | None = None) -> bytes:
    found = hashlib.sha256(data).digest() if digest is None else digest
    digests = {4: bytes(20), 11: found, 12: bytes(48)}
    body = b"".join(struct.pack("<H", bank) + digests[bank] for bank, _ in BANKS)
    head = struct.pack("<III", pcr, kind, len(BANKS))
    return head + body + struct.pack("<I", len(data)) + data


def variable(name: str, value: bytes, owner: bytes = GLOBAL) -> bytes:
    letters = name.encode("utf-16-le")
    return owner + struct.pack("<QQ", len(name), len(value)) + letters + value


LOG = old() + new(0, 3, b"StartupLocality\0\3") + new(0, 8, b"firmware") + new(4, 0x80000003, b"x")


def test_a_log_of_real_firmware_yields_the_pcrs_that_its_tpm_had() -> None:
    """OVMF with Secure Boot, systemd-boot, the stub and Linux, in QEMU with swtpm."""
    recorded = json.loads(Path(__file__).with_name("event_log.json").read_text())
    events = tcg_log.parse(b64decode(recorded["log"]))
    values = tcg_log.replay(events)
    for pcr, value in recorded["pcrs"].items():
        assert values.get(int(pcr), bytes(32)).hex() == value, pcr
    told = tcg_log.SEPARATORS | tcg_log.ACTIONS
    started = [one for one in tcg_log.extensions(events, 4) if one.digest not in told]
    (loader, image) = (one.digest for one in started)
    assert loader != image
    kinds = (tcg_log.EFI_VARIABLE, tcg_log.AUTHORITY)
    variables = [
        tcg_log.variable(one.data).name
        for one in tcg_log.extensions(events, 7)
        if one.type in kinds
    ]
    assert variables == ["SecureBoot", "PK", "KEK", "db", "dbx", "db"]
    assert tcg_log.secure_boot(events) is True


def test_events_are_read_with_the_digest_of_one_bank() -> None:
    found = tcg_log.parse(LOG)
    assert [(one.pcr, one.type, one.data) for one in found[1:]] == [
        (0, 8, b"firmware"),
        (4, 0x80000003, b"x"),
    ]
    assert found[2].digest == hashlib.sha256(b"x").digest()
    assert list(tcg_log.extensions(found, 4)) == [found[2]]
    assert list(tcg_log.extensions(found, 0)) == [found[1]]  # the locality extends nothing


def test_pcrs_are_what_the_events_make_of_them() -> None:
    values = tcg_log.replay(tcg_log.parse(LOG))
    begin = bytes(31) + b"\3"  # started up at locality 3
    firmware = hashlib.sha256(b"firmware").digest()
    assert values[0] == hashlib.sha256(begin + firmware).digest()
    assert set(values) == {0, 4}
    assert tcg_log.replay([Event(5, tcg_log.NO_ACTION, b"", b"")]) == {}


def event(data: bytes, kind: int = tcg_log.EFI_VARIABLE) -> Event:
    return Event(7, kind, hashlib.sha256(data).digest(), data)


ON, OFF = event(variable("SecureBoot", b"\1")), event(variable("SecureBoot", b"\0"))
END = event(bytes(4), tcg_log.SEPARATOR)


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([ON, END], True),
        ([OFF, event(variable("PK", b"")), END], False),
        # Whoever runs later can extend PCR 7, and call an extension that was there anything.
        ([OFF, END, ON], False),
        ([OFF._replace(type=tcg_log.AUTHORITY), ON, END], False),
        ([OFF._replace(data=ON.data), END], None),
        ([OFF._replace(data=ON.data), ON, END], None),
        ([event(variable("PK", b"")), ON, END], None),
        ([END, ON, END], None),
        ([ON], None),
        ([], None),
        ([event(variable("SecureBoot", b"\1", bytes(16))), END], None),
        ([event(variable("SecureBoot", b"\1\1")), END], None),
    ],
)
def test_secure_boot_is_what_the_firmware_measured_first(
    events: list[Event], expected: bool | None
) -> None:
    assert tcg_log.secure_boot(events) is expected


def test_what_is_no_variable_is_refused() -> None:
    with pytest.raises(FormatError):
        tcg_log.secure_boot([event(b"short"), END])


@pytest.mark.parametrize(
    "log",
    [
        b"",
        old(kind=8),
        old(b"Spec ID Event02\0" + HEAD[16:]),
        old(HEAD[:24]),
        LOG[:-1],
        LOG + bytes(3),
        LOG + struct.pack("<III", 0, 8, 99),
        LOG + struct.pack("<IIIH", 0, 8, 1, 4) + bytes(20) + bytes(4),
    ],
)
def test_what_is_no_log_is_refused(log: bytes) -> None:
    with pytest.raises(FormatError):
        tcg_log.parse(log)


@given(st.integers(0, len(LOG)), st.binary(max_size=8))
def test_a_changed_log_is_read_or_refused(at: int, change: bytes) -> None:
    for log in (LOG[:at], LOG[:at] + change + LOG[at + len(change) :]):
        try:
            events = tcg_log.parse(log)
            tcg_log.replay(events)
            tcg_log.secure_boot([*events, END])
            tcg_log.secure_boot([one._replace(pcr=7) for one in (*events, END)])
        except FormatError:
            continue
