import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ichor.errors import FormatError
from ichor.formats import kconfig
from ichor.formats.kconfig import Wish

CONFIG = """\
CONFIG_NET=y
# CONFIG_KSM is not set
CONFIG_HZ=250
CONFIG_LSM="lockdown,yama"
CONFIG_LOOP=m
"""


def test_a_fragment_is_wishes_with_reasons() -> None:
    text = '# a comment\n\nNET=y  # pods\nLSM="lockdown,yama"    # the order\nKSM=n # spies\n'
    assert list(kconfig.parse_fragment(text)) == [
        Wish("NET", "y", "pods"),
        Wish("LSM", '"lockdown,yama"', "the order"),
        Wish("KSM", "n", "spies"),
    ]


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("NET=y", id="no-reason"),
        pytest.param("NET=y # ", id="an-empty-reason"),
        pytest.param("CONFIG NET=y # pods", id="no-name"),
        pytest.param("NET= # pods", id="no-value"),
        pytest.param('LSM="open # pods', id="an-open-quote"),
    ],
)
def test_a_line_that_is_no_wish_is_named(line: str) -> None:
    with pytest.raises(FormatError, match="on line 2"):
        list(kconfig.parse_fragment(f"# head\n{line}\n"))


def test_a_symbol_has_one_place() -> None:
    with pytest.raises(FormatError, match="NET in base and network"):
        kconfig.combine({"base": "NET=y # pods", "network": "NET=n # none"})


def test_a_configuration_is_read_with_what_is_not_set() -> None:
    held = kconfig.parse_config(CONFIG)
    assert held == {"NET": "y", "KSM": "n", "HZ": "250", "LSM": '"lockdown,yama"', "LOOP": "m"}
    assert kconfig.modules(held) == ["LOOP"]


def test_a_wish_that_kconfig_passed_over_is_told_with_its_reason() -> None:
    held = kconfig.parse_config(CONFIG)
    wishes = [Wish("NET", "y", "pods"), Wish("KSM", "n", "-"), Wish("ABSENT", "n", "-")]
    assert kconfig.unmet(wishes, held) == []
    wishes = [Wish("XFS", "y", "disks"), Wish("NET", "n", "none"), Wish("HZ", "1000", "fast")]
    assert kconfig.unmet(wishes, held) == [
        "XFS is n, not y (disks)",
        "NET is y, not n (none)",
        "HZ is 250, not 1000 (fast)",
    ]


@given(st.lists(st.sampled_from(["NET", "KSM", "HZ", "LSM"]), unique=True))
def test_what_is_rendered_reads_back_as_wished(names: list[str]) -> None:
    wishes = [Wish(name, "y", "-") for name in names]
    assert kconfig.parse_config(kconfig.render(wishes)) == dict.fromkeys(names, "y")


@given(st.text())
def test_foreign_text_raises_nothing_but_format_errors(text: str) -> None:
    kconfig.parse_config(text)
    with contextlib.suppress(FormatError):
        list(kconfig.parse_fragment(text))
