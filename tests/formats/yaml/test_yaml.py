"""YAML is read by the core schema of 1.2 and nothing more; what is written is read back."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ichor.config import patch
from ichor.config.decode import decode
from ichor.errors import InputError
from ichor.formats.yaml import nodes
from ichor.formats.yaml.problem import Problems
from ichor.formats.yaml.values import Value, load
from ichor.formats.yaml.write import dump, dump_all


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", "yes"),
        ("on", "on"),
        ("12:30:45", "12:30:45"),
        ("2024-01-01", "2024-01-01"),
        ("0o17", 15),
        ("0x1F", 31),
        ("1e3", 1000.0),
        ("-.5", -0.5),
        ("1_000", "1_000"),
        ("~", None),
        ("True", True),
        ("FALSE", False),
        ("'1'", "1"),
        ("!!str 1", "1"),
        ("!!float 1", 1.0),
        ("10.0.0.1", "10.0.0.1"),
        ("", None),
    ],
)
def test_a_scalar_means_what_the_core_schema_says(text: str, value: Value) -> None:
    assert load(f"a: {text}") == [{"a": value}]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("a: 1\na: 2", ":2: duplicate key 'a', first on line 1"),
        ("<<: {a: 1}", ":1: merge keys"),
        ("[1]: 2", ":1: a key must be text"),
        ("~: 2", ":1: a key must be text"),
        ("a: 0644", ":1: a number with a leading zero"),
        ("a: !!python/object:os.system x", ":1: a tag that is not of YAML's core"),
        ("a: *b", ":1: an alias has no anchor before it"),
        ("a: &b [*b]", ":1: an alias has no anchor before it"),
        ("a: !!int x", ":1: the value does not fit its tag"),
        ("a: \x01", "a control character or broken encoding"),
        ("a: 'b", "no YAML: found unexpected end of stream"),
    ],
)
def test_what_readers_disagree_on_is_refused(text: str, fault: str) -> None:
    with pytest.raises(Problems) as caught:
        load(text, file="f")
    assert fault in str(caught.value)


def test_bytes_that_are_not_utf8_are_refused_with_their_line() -> None:
    with pytest.raises(Problems, match="not UTF-8"):
        load(b"a: 1\nb: \xff\n")
    assert load(b"\xef\xbb\xbfa: 1") == [{"a": 1}]


def test_an_alias_repeats_its_anchor() -> None:
    assert load("a: &x {b: 1}\nc: *x") == [{"a": {"b": 1}, "c": {"b": 1}}]


def test_anchors_end_with_their_document() -> None:
    with pytest.raises(Problems, match="no anchor"):
        load("a: &x 1\n---\nb: *x")


def test_aliases_that_expand_without_bound_are_refused() -> None:
    lines = ["a0: &a0 [x,x,x,x,x,x,x,x,x]"]
    lines += [f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]
    with pytest.raises(Problems, match="aliases expanded"):
        load("\n".join(lines))


def test_nesting_without_bound_is_refused() -> None:
    for text in ("[" * 100_000, "{a: " * 100_000, "- " * 10_000):
        with pytest.raises(Problems, match=r"nested deeper|no YAML"):
            load(text)


def test_a_text_without_bound_is_refused() -> None:
    with pytest.raises(Problems, match="larger than"):
        load(b" " * (nodes.MAX_BYTES + 1))


TEXT = st.text(st.characters(codec="utf-8"), max_size=30)
# what YAML cannot carry at all is escaped by the writer, so every text goes
VALUES: st.SearchStrategy[Value] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT,
    lambda below: st.lists(below, max_size=4) | st.dictionaries(TEXT, below, max_size=4),
    max_leaves=12,
)


@settings(max_examples=100)
@given(st.dictionaries(TEXT, VALUES, min_size=1, max_size=4))
def test_what_is_written_is_read_back(value: dict[str, Value]) -> None:
    assert load(dump(value)) == [value]


@settings(max_examples=50)
@given(st.lists(st.dictionaries(TEXT, VALUES, min_size=1, max_size=2), max_size=3))
def test_a_stream_is_read_back(values: list[Value]) -> None:
    assert load(dump_all(values)) == values


@pytest.mark.parametrize(
    "text", ["yes", "0o7", "010", "1:30", "1e3", "~", ".inf", "0x1", "=", "<<"]
)
def test_a_text_that_looks_like_something_else_is_quoted(text: str) -> None:
    assert dump({"a": text}) == f"a: '{text}'\n"


PIECES = st.sampled_from(
    ["a", ": ", "- ", "\n", "  ", "{", "}", "[", "]", ",", "&a ", "*a", "!", "!!str ", "|", ">",
     "'", '"', "#", "---\n", "...\n", "? ", "<<", "~", "0", "kind: KubePrismConfig\n", "\t", "%",
     "apiVersion: v1alpha1\n", "port: ", "machine:\n  ", "$patch: delete\n", "é", "\x00", "\u2028"]
)  # fmt: skip


@settings(max_examples=400)
@given(st.lists(PIECES, max_size=25).map("".join))
def test_garbage_in_pieces_of_yaml_is_an_error_of_input_or_nothing(text: str) -> None:
    for read in (load, decode, patch.read):
        with contextlib.suppress(InputError):
            read(text)


@settings(max_examples=300)
@given(st.binary(max_size=60))
def test_garbage_bytes_are_an_error_of_input_or_nothing(data: bytes) -> None:
    for read in (load, decode, patch.read):
        with contextlib.suppress(InputError):
            read(data)
