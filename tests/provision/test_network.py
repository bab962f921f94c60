import errno
from typing import cast

import pytest
from pyroute2 import IPRoute
from pyroute2.netlink.exceptions import NetlinkError

from ichor.provision.network import remove_link


class Kernel:
    """Links of a namespace whose removal is refused with a code."""

    def __init__(self, code: int) -> None:
        self.code = code

    def link_lookup(self, ifname: str) -> list[int]:
        return [7] if ifname == "port" else []

    def link(self, verb: str, index: int) -> None:
        assert (verb, index) == ("del", 7)
        raise NetlinkError(self.code)


def test_a_link_that_goes_by_itself_meanwhile_is_removed() -> None:
    remove_link(cast("IPRoute", Kernel(errno.ENODEV)), "port")


def test_a_link_that_is_not_there_is_removed() -> None:
    remove_link(cast("IPRoute", Kernel(errno.EPERM)), "other")


def test_another_refusal_is_raised() -> None:
    with pytest.raises(NetlinkError):
        remove_link(cast("IPRoute", Kernel(errno.EPERM)), "port")
