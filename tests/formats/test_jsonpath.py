import pytest

from ichor.errors import FormatError
from ichor.formats.jsonpath import template
from ichor.formats.yaml.values import Value
from ichor.resources.registry import definitions

SPEC: Value = {
    "name": "n",
    "count": 3,
    "on": True,
    "list": ["a", "b", "c"],
    "conditions": [{"type": "Ready", "status": "True"}, {"type": "Disk", "status": "False"}],
    "endpoints": [{"host": "x", "port": 1}, {"host": "y", "port": 2}],
    "with.dot": {"x": None},
}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("{.name}", "n"),
        ("{.count}/{.on}", "3/true"),
        ("{.list}", '["a","b","c"]'),
        ("{.list[:]}", "a b c"),
        ("{.list[0]}", "a"),
        ("{.list[-1]}", "c"),
        ("{.list[1:]}", "b c"),
        ("{.endpoints[*].host}", "x y"),
        ('{.conditions[?(@.type=="Ready")].status}', "True"),
        ("{.conditions[?(@.type!='Ready')].status}", "False"),
        ("{.endpoints[?(@.port==2)].host}", "y"),
        ("{.endpoints[?(@.host)].port}", "1 2"),
        ('{["with.dot"].x}', ""),
        ("{.none.at.all}", ""),
        ("plain", "plain"),
    ],
)
def test_a_path_gives_what_it_reaches(text: str, shown: str) -> None:
    assert template(text).render(SPEC) == shown


def test_a_whole_value_is_shown_by_its_own_sign() -> None:
    assert template("{@}").render("worker") == "worker"


@pytest.mark.parametrize("text", ["{.a", "{.a[}", "{a}", "{.a[?(@.b==c)]}", "}"])
def test_what_is_no_path_is_refused(text: str) -> None:
    with pytest.raises(FormatError):
        template(text)


def test_every_column_of_every_type_can_be_read() -> None:
    for found in definitions():
        for path in found.columns.values():
            template(path)
