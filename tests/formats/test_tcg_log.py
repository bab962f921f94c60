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


def variable(name: str, value: bytes) -> bytes:
    letters = name.encode("utf-16-le")
    return bytes(16) + struct.pack("<QQ", len(name), len(value)) + letters + value


LOG = old() + new(0, 3, b"StartupLocality\0\3") + new(0, 8, b"firmware") + new(4, 0x80000003, b"x")


def test_a_log_of_real_firmware_yields_the_pcrs_that_its_tpm_had() -> None:
    """OVMF with Secure Boot, systemd-boot, the stub and Linux, in QEMU with swtpm."""
    recorded = json.loads(Path(__file__).with_name("event_log.json").read_text())
    events = tcg_log.parse(b64decode(recorded["log"]))
    values = tcg_log.replay(events)
    for pcr, value in recorded["pcrs"].items():
        assert values.get(int(pcr), bytes(32)).hex() == value, pcr
    (loader, image) = tcg_log.programs(events)
    assert loader != image
    variables = {one.name: one.value for one in tcg_log.variables(events, tcg_log.EFI_VARIABLE)}
    assert list(variables) == ["SecureBoot", "PK", "KEK", "db", "dbx"]
    assert variables["SecureBoot"] == b"\1"
    (authority,) = tcg_log.variables(events, tcg_log.AUTHORITY)
    assert authority.name == "db"


def test_events_are_read_with_the_digest_of_one_bank() -> None:
    found = tcg_log.parse(LOG)
    assert [(one.pcr, one.type, one.data) for one in found[1:]] == [
        (0, 8, b"firmware"),
        (4, 0x80000003, b"x"),
    ]
    assert found[2].digest == hashlib.sha256(b"x").digest()
    assert list(tcg_log.programs(found)) == [hashlib.sha256(b"x").hexdigest()]


def test_pcrs_are_what_the_events_make_of_them() -> None:
    values = tcg_log.replay(tcg_log.parse(LOG))
    begin = bytes(31) + b"\3"  # started up at locality 3
    firmware = hashlib.sha256(b"firmware").digest()
    assert values[0] == hashlib.sha256(begin + firmware).digest()
    assert set(values) == {0, 4}
    assert tcg_log.replay([Event(5, tcg_log.NO_ACTION, b"", b"")]) == {}


def test_variables_are_read_by_their_names() -> None:
    events = [Event(7, tcg_log.EFI_VARIABLE, b"", variable("SecureBoot", b"\1"))]
    assert list(tcg_log.variables(events, tcg_log.EFI_VARIABLE)) == [("SecureBoot", b"\1")]
    with pytest.raises(FormatError):
        list(tcg_log.variables([Event(7, 0, b"", b"short")], 0))


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
            list(tcg_log.variables(events, 8))
        except FormatError:
            continue
