"""Write docs/reference/configuration.md from the documents themselves; `--check` only compares."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from msgspec import NODEFAULT

from ichor.config import codec, lower_rules
from ichor.config.codec import Base64, Checked, Codec, ListOf, MapOf
from ichor.config.registry import KINDS, MAIN, UNSUPPORTED
from ichor.config.secret import Secret
from ichor.config.shape import Member, StructOf, struct_of

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "configuration.md"
HEAD = """\
# Configuration documents

Generated from `src/ichor/config/documents` by `make gen`; do not edit.

A configuration is a stream of YAML documents. The main one has no `kind`; each other one begins
with `apiVersion: v1alpha1` and its `kind`. What is not listed here is refused: as unknown, or as
known and not supported yet.
"""
OLD_HEAD = """\
They are taken as the documents that say the same now, with a warning; a value given in both is an
error. So are they in a patch. What an old part says besides is refused by its name."""
# Fields of the main document that moved, wholly or in part.
OLD = {".".join(old.split(".")[:2]) for old in (*lower_rules.MOVES, *lower_rules.TAKEN)} | {
    old for old in (*lower_rules.MOVES, *lower_rules.TAKEN) if ".features." in old
}
NAMES: dict[type[object], str] = {
    codec.Text: "text",
    codec.Bool: "true or false",
    codec.Int: "integer",
    codec.Duration: "duration",
    codec.SecretText: "secret text",
    codec.FreeForm: "free-form object",
    codec.TextOrList: "text or list of texts",
}


def kind_of_value(made: Codec) -> str:
    checks: list[str] = []
    while isinstance(made, Checked | Base64):
        if isinstance(made, Base64):
            checks.append("within base64")
        else:
            checks.append(made.check.expectation)
        made = made.inner
    if isinstance(made, ListOf):
        return f"list of: {kind_of_value(made.inner)}"
    if isinstance(made, MapOf):
        return f"map to: {kind_of_value(made.inner)}"
    if isinstance(made, codec.Choice):
        return "one of " + ", ".join(f"`{option}`" for option in made.options)
    name = "object" if isinstance(made, StructOf) else NAMES[type(made)]
    says_all = checks and isinstance(made, codec.Int | codec.Text)
    return ", ".join(checks if says_all else [name, *checks])


def default_of(member: Member) -> str:
    value = member.default
    if value is NODEFAULT:
        return "required"
    if value is None or isinstance(value, Secret) or not isinstance(value, str | int | bool):
        written = member.codec.encode(value) if value is not None else None
        return f"`{written}`" if written and isinstance(written, str | int) else ""
    return f"`{str(value).lower() if isinstance(value, bool) else value}`" if value != "" else ""


def rows(shape: StructOf, above: str = "") -> Iterator[str]:
    for name, member in shape.members.items():
        path = f"{above}{name}"
        yield f"| `{path}` | {kind_of_value(member.codec)} | {default_of(member)} |"
        inner, suffix = member.codec, ""
        while isinstance(inner, Checked | Base64 | ListOf | MapOf):
            suffix = "[]" if isinstance(inner, ListOf) else suffix
            inner = inner.inner
        if isinstance(inner, StructOf):
            yield from rows(inner, f"{path}{suffix}.")
    refused = sorted({f"{above}{name}" for name in shape.cls.UNSUPPORTED} - OLD)
    if refused:
        yield f"| {', '.join(f'`{name}`' for name in refused)} | not supported yet | |"


def old_fields() -> Iterator[str]:
    yield "| old field | now | field |"
    yield "|---|---|---|"
    for old, (kind, new) in lower_rules.MOVES.items():
        yield f"| `{old}` | {kind} | `{new}` |"
    for old in lower_rules.TAKEN:
        yield f"| `{old}` | {lower_rules.BECOMES[old]} | |"


def page() -> str:
    parts = [HEAD]
    for kind, cls in KINDS.items():
        title = "Main document" if kind == MAIN else kind
        module = sys.modules[cls.__module__].__doc__ or ""
        table = "\n".join(["| field | value | default |", "|---|---|---|", *rows(struct_of(cls))])
        parts.append(f"## {title}\n\n{module.strip()}\n\n{table}\n")
    table = "\n".join(old_fields())
    parts.append(f"## Old fields of the main document\n\n{OLD_HEAD}\n\n{table}\n")
    names = " · ".join(f"`{kind}`" for kind in sorted(UNSUPPORTED))
    parts.append(f"## Not supported yet\n\nThese kinds are known and refused: {names}\n")
    return "\n".join(parts)


def main(arguments: list[str]) -> Literal[0, 1]:
    if "--check" in arguments:
        return 0 if PAGE.read_text(encoding="utf-8") == page() else 1
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
