"""The power button: ACPI tells of it by generic netlink, and hypervisors press it to ask nicely."""

import errno
import socket
from collections.abc import AsyncIterator
from contextlib import closing

from ichor.errors import FormatError
from ichor.linux import netlink
from ichor.linux.process import readable
from ichor.log import fields, logger
from ichor.protocols.netlink import generic, message

log = logger(__name__)


async def presses() -> AsyncIterator[None]:
    """Yield at each press; end at once where there is no ACPI. Raises OSError."""
    group = _group()
    if group is None:
        log.info("there is no power button")
        return
    with netlink.listener(netlink.NETLINK_GENERIC, (group,)) as listening:
        while True:
            await readable(listening.fileno())
            for _ in range(_pressed(listening)):
                yield


def _group() -> int | None:
    with closing(netlink.Socket(netlink.NETLINK_GENERIC)) as asking:
        try:
            answers = asking.ask(generic.CONTROL, generic.family_request(generic.ACPI))
        except OSError as error:
            if error.errno == errno.ENOENT:
                return None
            raise
    found = [generic.family(each.payload) for each in answers]
    return found[0].groups.get(generic.ACPI_GROUP) if found else None


def _pressed(listening: socket.socket) -> int:
    """Count the presses among what can be read."""
    count = 0
    for raw in netlink.waiting(listening):
        try:
            classes = [generic.acpi_class(each.payload) for each in message.parse(raw)]
        except FormatError as error:
            log.warning("an event of ACPI", extra=fields(why=error))
            continue
        count += classes.count(generic.POWER_BUTTON)
    return count
