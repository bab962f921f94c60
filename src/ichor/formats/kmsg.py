r"""Records of /dev/kmsg -> values; Documentation/ABI/testing/dev-kmsg.

    6,1234,5678901,-;text of the message\n
     SUBSYSTEM=pci\n                        (continuation lines: blank, KEY=value)

The prefix is priority (facility * 8 + level), sequence number, microseconds since boot, flags.
Bytes that do not print are written as \x and two hex digits.
"""

import re
from typing import NamedTuple

from ichor.errors import FormatError

_ESCAPE = re.compile(rb"\\x([0-9a-fA-F]{2})")
_LEVELS = ("emerg", "alert", "crit", "err", "warning", "notice", "info", "debug")
_FACILITIES = (
    "kern user mail daemon auth syslog lpr news uucp cron authpriv ftp ntp audit alert clock"
    " local0 local1 local2 local3 local4 local5 local6 local7"
)


class Record(NamedTuple):
    facility: int
    level: int
    sequence: int
    since_boot_us: int
    text: str

    @property
    def level_name(self) -> str:
        return _LEVELS[self.level]

    @property
    def facility_name(self) -> str:
        names = _FACILITIES.split()
        return names[self.facility] if self.facility < len(names) else str(self.facility)


def parse(raw: bytes) -> Record:
    """Read one record, as one read(2) of /dev/kmsg gives it. Raises FormatError."""
    prefix, semicolon, rest = raw.partition(b";")
    numbers = prefix.split(b",")
    if not semicolon or len(numbers) < 3 or not all(each.isdigit() for each in numbers[:3]):
        raise FormatError("a record of /dev/kmsg")
    priority, sequence, micros = (int(each) for each in numbers[:3])
    line = rest.partition(b"\n")[0]
    text = _ESCAPE.sub(lambda match: bytes([int(match[1], 16)]), line).decode(errors="replace")
    return Record(priority >> 3, priority & 7, sequence, micros, text)
