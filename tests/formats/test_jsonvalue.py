import pytest

from ichor.errors import FormatError
from ichor.formats import jsonvalue as jv

ITEM: jv.Object = {"a": {"b": "x", "n": 3, "l": ["p", {"q": "r"}, 4]}, "on": True}


def test_a_path_that_is_not_there_gives_the_empty_value() -> None:
    assert jv.text(ITEM, "a", "b") == "x"
    assert jv.text(ITEM, "a", "c", "d") == ""
    assert jv.text(ITEM, "a", "b", "c") == ""
    assert jv.whole(ITEM, "a", "n") == 3
    assert jv.whole(ITEM, "on") == 0
    assert jv.texts(ITEM, "a", "l") == ("p",)
    assert jv.objs(ITEM, "a", "l") == ({"q": "r"},)
    assert jv.seq(ITEM, "a", "b") == ()
    assert jv.strings(ITEM, "a") == {"b": "x"}


def test_merging_goes_into_objects_and_replaces_all_else() -> None:
    over: jv.Object = {"a": {"b": "y", "l": []}, "z": None}
    assert jv.merge(ITEM, over) == {"a": {"b": "y", "n": 3, "l": []}, "on": True, "z": None}


def test_what_is_no_object_is_refused() -> None:
    for raw in (b"[1]", b"{", b"\xff"):
        with pytest.raises(FormatError):
            jv.decode_object(raw)


def test_equal_objects_are_written_alike() -> None:
    assert jv.canonical({"b": 1, "a": 2}) == jv.canonical({"a": 2, "b": 1}) == b'{"a":2,"b":1}'
