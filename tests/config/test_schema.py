"""Every field of the format's schema is either decoded or refused as known, none is forgotten."""

from tests.config.facts import rows

from ichor.config import codec
from ichor.config.codec import Base64, Checked, Codec, ListOf, MapOf
from ichor.config.registry import KINDS, MAIN, UNSUPPORTED
from ichor.config.shape import Member, StructOf, struct_of

SCHEMA = rows("config_schema.tsv")
MAIN_KIND = "(v1alpha1 main config)"
HEADER = ("apiVersion", "kind")


def kind_of(row: dict[str, str]) -> str:
    return MAIN if row["kind"] == MAIN_KIND else row["kind"]


def bare(made: Codec) -> Codec:
    while isinstance(made, Checked | Base64 | ListOf | MapOf):
        made = made.inner
    return made


def find(shape: StructOf, path: str) -> Member | str:
    """Give the member at a path, or `refused`, `free` (below a free-form object), `missing`."""
    name, _, rest = path.partition(".")
    name = name.removesuffix("[]").removesuffix("{}")
    member = shape.members.get(name)
    if member is None:
        return "refused" if name in shape.cls.UNSUPPORTED else "missing"
    if not rest:
        return member
    below = bare(member.codec)
    return find(below, rest) if isinstance(below, StructOf) else "free"


def supported() -> list[tuple[str, str, Member]]:
    found: list[tuple[str, str, Member]] = []
    for row in SCHEMA:
        if kind_of(row) in KINDS and row["path"] not in HEADER:
            member = find(struct_of(KINDS[kind_of(row)]), row["path"])
            if isinstance(member, Member):
                found.append((kind_of(row), row["path"], member))
    return found


def test_every_kind_of_the_schema_is_built_or_refused_as_known() -> None:
    kinds = {kind_of(row) for row in SCHEMA}
    assert kinds == KINDS.keys() | UNSUPPORTED
    assert not KINDS.keys() & UNSUPPORTED


def test_every_field_of_the_kinds_built_is_decoded_or_refused_as_known() -> None:
    missing = [
        (kind_of(row), row["path"])
        for row in SCHEMA
        if kind_of(row) in KINDS and (kind_of(row) == MAIN or row["path"] not in HEADER)
        if find(struct_of(KINDS[kind_of(row)]), row["path"]) == "missing"
    ]
    assert missing == []


def test_no_field_is_decoded_or_refused_that_the_schema_does_not_have() -> None:
    known = {(kind_of(row), row["path"].replace("[]", "").replace("{}", "")) for row in SCHEMA}
    ours = {(kind, path) for kind, cls in KINDS.items() for path in paths(struct_of(cls))}
    # {crt,key} pairs are one row in the schema
    pairs = {(k, f"{p}.{leaf}") for k, p in known for leaf in ("crt", "key", "cert")}
    assert ours - known - pairs == set()


def paths(shape: StructOf, above: str = "") -> list[str]:
    found = [above + name for name in shape.cls.UNSUPPORTED]
    for name, member in shape.members.items():
        below = bare(member.codec)
        inner = paths(below, f"{above}{name}.") if isinstance(below, StructOf) else []
        found += [above + name, *inner]
    return found


def test_fields_that_patches_replace_are_marked_so() -> None:
    replaced = {
        (kind_of(row), row["path"])
        for row in SCHEMA
        if "merge=replace" in row["flags"] and kind_of(row) in KINDS
    }
    ours = {(kind, path) for kind, path, member in supported() if member.replace}
    assert ours == {
        (kind, path)
        for kind, path in replaced
        if isinstance(find(struct_of(KINDS[kind]), path), Member)
    }


SIMPLE: dict[str, tuple[type[object], ...]] = {
    "bool": (codec.Bool,),
    "int": (codec.Int,),
    "uint16": (codec.Int,),
    "uint32": (codec.Int,),
    "duration": (codec.Duration,),
    "string": (codec.Text, codec.SecretText, codec.Choice),
    "url": (codec.Text,),
    "object": (codec.FreeForm, StructOf, MapOf),
}


def test_a_decoded_field_has_the_type_of_the_schema() -> None:
    table = {(kind_of(row), row["path"]): row["type"] for row in SCHEMA}
    wrong = [
        (kind, path)
        for kind, path, member in supported()
        if table[kind, path] in SIMPLE
        if not isinstance(below_checks(member.codec), SIMPLE[table[kind, path]])
    ]
    assert wrong == []


def below_checks(made: Codec) -> Codec:
    while isinstance(made, Checked | Base64):
        made = made.inner
    return made


def test_defaults_are_those_of_the_schema() -> None:
    table = {(kind_of(row), row["path"]): row["default"] for row in SCHEMA if row["default"]}
    for kind, path, member in supported():
        default = table.get((kind, path), "")
        if default in ("true", "false"):
            assert (member.default is True) == (default == "true"), (kind, path)
        elif default.isdigit():
            assert member.default == int(default), (kind, path)
