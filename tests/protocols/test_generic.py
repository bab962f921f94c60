"""Generic netlink as the kernel speaks it."""

import struct
from contextlib import closing

import pytest

from ichor.errors import FormatError
from ichor.linux.netlink import NETLINK_GENERIC, Socket
from ichor.protocols.netlink import generic
from ichor.protocols.netlink.message import attribute, nested, string, u16, u32

HEAD = struct.pack("<BBH", 1, 1, 0)


def event(device_class: str) -> bytes:
    return HEAD + attribute(
        1, struct.pack("<20s15sxII", device_class.encode(), b"LNXPWRBN", 128, 1)
    )


def test_a_family_has_an_id_and_groups_by_name() -> None:
    group = nested(1, attribute(1, string(generic.ACPI_GROUP)), attribute(2, u32(5)))
    found = generic.family(HEAD + attribute(1, u16(27)) + nested(7, group))
    assert found == generic.Family(27, {generic.ACPI_GROUP: 5})


def test_the_kernel_tells_of_its_own_family() -> None:
    with closing(Socket(NETLINK_GENERIC)) as kernel:
        (answer,) = kernel.ask(generic.CONTROL, generic.family_request("nlctrl"))
        found = generic.family(answer.payload)
        assert found.id == generic.CONTROL
        assert "notify" in found.groups
        with pytest.raises(FileNotFoundError):
            kernel.ask(generic.CONTROL, generic.family_request("no such"))


def test_a_press_of_the_power_button_is_told_by_its_class() -> None:
    assert generic.acpi_class(event("button/power")) == generic.POWER_BUTTON
    assert generic.acpi_class(event("ac_adapter")) == "ac_adapter"


@pytest.mark.parametrize("payload", [b"", HEAD, HEAD + attribute(1, b"short")])
def test_what_is_no_event_of_acpi_is_refused(payload: bytes) -> None:
    with pytest.raises(FormatError):
        generic.acpi_class(payload)
