"""Values as canonical YAML: keys in the order given, block style, long texts as literal blocks.

Text that any reader, 1.1 or 1.2, might take for something else is quoted.
"""

import re
from collections.abc import Iterable
from typing import Final

import yaml

from ichor.formats.yaml.values import Value

_NUMBERLIKE: Final = re.compile(r"^[-+.0-9][-+.0-9_a-foxe:]*$|^[-+]?\.(inf|nan)$", re.IGNORECASE)


class _Dumper(yaml.CSafeDumper):
    def ignore_aliases(self, data: object) -> bool:
        return True


def _text(dumper: _Dumper, value: str) -> yaml.ScalarNode:
    block = "\n" in value.rstrip("\n") and not re.search(r"[ \t]\n|\t|\r|\A\s", value)
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if block else None)


_Dumper.add_representer(str, _text)
_Dumper.add_implicit_resolver("!number-like", _NUMBERLIKE, list("-+.0123456789"))


def dump(value: Value) -> str:
    """Write one document, without a `---` before it."""
    return dump_all([value])


def dump_all(values: Iterable[Value]) -> str:
    """Write a stream; documents are parted by `---`."""
    return "---\n".join(
        yaml.dump(
            value,
            Dumper=_Dumper,
            sort_keys=False,
            allow_unicode=True,
            default_flow_style=False,
            indent=4,
            width=1 << 30,
        )
        for value in values
    )
