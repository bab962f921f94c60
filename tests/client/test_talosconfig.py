"""talosconfig: read strictly, merged without losing a context, written for the owner only."""

import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ichor.client.talosconfig import Context, Talosconfig, default_path, load, read, save, write
from ichor.config.secret import Secret
from ichor.errors import InputError

CERT = "-----BEGIN CERTIFICATE-----\nYQ==\n-----END CERTIFICATE-----\n"
KEY = Secret("-----BEGIN ED25519 PRIVATE KEY-----\nYQ==\n-----END ED25519 PRIVATE KEY-----\n")


def context(*endpoints: str) -> Context:
    return Context(endpoints=endpoints, ca=CERT, crt=CERT, key=KEY)


def holding(current: str = "", **contexts: Context) -> Talosconfig:
    return Talosconfig(context=current, contexts=contexts)


TEXT = """\
context: one
contexts:
    one:
        endpoints: [10.0.0.1]
        nodes: [10.0.0.2]
        ca: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCllRPT0KLS0tLS1FTkQgQ0VSVElGSUNBVEUtLS0tLQo=
        proxy-url: http://p
        auth:
            siderov1: {identity: me@example.com}
"""


def test_a_file_of_other_tools_is_read() -> None:
    held = read(TEXT)
    assert held.current().endpoints == ("10.0.0.1",)
    assert held.current().ca == CERT
    assert held.current().proxy_url == "http://p"
    assert read(write(held)) == held


def test_a_field_it_does_not_know_is_refused_with_its_place() -> None:
    with pytest.raises(InputError, match=r"f:4: \$\.contexts\.one\.endpoint: unknown field"):
        read(TEXT.replace("endpoints", "endpoint"), file="f").current()


def test_the_key_is_not_shown() -> None:
    assert "YQ==" not in repr(context()).replace(repr(CERT), "")


def test_a_context_in_use_is_found_and_a_missing_one_named() -> None:
    held = holding("b", a=context("1"), b=context("2"))
    assert held.current().endpoints == ("2",)
    assert held.current("a").endpoints == ("1",)
    with pytest.raises(InputError, match="there are: a, b"):
        held.current("c")
    with pytest.raises(InputError, match="no context is in use"):
        holding().current()


def test_merging_renames_what_would_be_overwritten() -> None:
    merged, renamed = holding("a", a=context("1")).merged(holding("a", a=context("2")))
    assert renamed == {"a": "a-1"}
    assert merged.current().endpoints == ("2",)
    assert merged.current("a").endpoints == ("1",)


def test_merging_the_same_again_changes_nothing() -> None:
    held = holding("a", a=context("1"))
    assert held.merged(held) == (held, {})


NAMES = st.sampled_from(["a", "b", "a-1"])
HELD = st.dictionaries(NAMES, st.sampled_from(["1", "2", "3"]).map(context), max_size=3).map(
    lambda contexts: Talosconfig(context=next(iter(contexts), ""), contexts=contexts)
)


@settings(max_examples=100)
@given(HELD, HELD)
def test_merging_loses_no_context(one: Talosconfig, other: Talosconfig) -> None:
    merged, renamed = one.merged(other)
    for name, each in one.contexts.items():
        assert merged.contexts[name] == each
    for name, each in other.contexts.items():
        assert merged.contexts[renamed.get(name, name)] == each


def test_removing_the_one_in_use_leaves_none_in_use() -> None:
    assert holding("a", a=context()).without("a") == Talosconfig()


def test_it_is_written_for_the_owner_only_and_replaces_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "below" / "config"
    assert load(path) == Talosconfig()
    for held in (holding("a", a=context()), holding()):
        save(path, held)
        assert load(path) == held
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["config"]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to("real")
    save(link, holding())
    assert link.is_symlink()
    assert load(tmp_path / "real") == holding()


def test_a_failed_write_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.mkdir()
    with pytest.raises(IsADirectoryError):
        save(path, holding())
    assert [each.name for each in tmp_path.iterdir()] == ["config"]


def test_the_file_is_where_the_environment_says() -> None:
    assert default_path({"TALOSCONFIG": "/x"}) == Path("/x")
    assert default_path({"HOME": "/h"}) == Path("/h/.talos/config")
