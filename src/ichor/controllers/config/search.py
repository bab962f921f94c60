"""What the kernel's line, firmware and META say of where a configuration is. Pure, as all here.

    arguments("talos.config")    the line's word, else the firmware's; repeated, it is joined
    platform()                   whom to ask, with the variables of its URL filled in

Firmware (SMBIOS strings, fw_cfg) says what the line leaves open, and which platform it is where the
line says `metal`, which every image says: under Secure Boot nobody can add to the line, and what is
per machine has to come from the machine.
"""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from msgspec import Struct

from ichor.errors import InputError, TransientError
from ichor.formats import kernel_line
from ichor.ports.config_sources import Platform

METAL, NOCLOUD = "metal", "nocloud"
CONFIG: Final = "talos.config"
NAME: Final = "talos.platform"
EARLY, INLINE = "talos.config.early", "talos.config.inline"
ISO_LABEL: Final = "metal-iso"  # facts/constants.tsv; as a value of talos.config, the disk
_OAUTH: Final = "talos.config.oauth."
_VARIABLE: Final = re.compile(r"\$\{(\w*)\}")


class Said(Struct, frozen=True, kw_only=True):
    """line: the kernel's. carried: arguments by the firmware. variables: values by their names."""

    line: str = ""
    carried: Mapping[str, str] = {}
    variables: Mapping[str, str] = {}
    serial: str = ""

    def argument(self, name: str) -> str:
        """Give an argument's value, the parts of a repeated one joined."""
        return "".join(kernel_line.values(self.line, name)) or self.carried.get(name, "")

    @property
    def platform_name(self) -> str:
        """Of several in the line the last counts."""
        named = [*kernel_line.values(self.line, NAME)][-1:]
        own = named[0] if named else METAL
        return self.carried.get(NAME, own) if own == METAL else own

    @property
    def uses_oauth(self) -> bool:
        return any(word.startswith(_OAUTH) for word in kernel_line.words(self.line))


def platform(said: Said) -> Platform:
    """Say whom to ask. Raises InputError; TransientError where a variable has no value yet."""
    name = said.platform_name
    if name == METAL:
        return Platform(name=name, url=_url(said))
    return Platform(name=name, serial=said.serial if name == NOCLOUD else "")


def _url(said: Said) -> str:
    given = said.argument(CONFIG)
    if given in ("", ISO_LABEL):
        return ""
    if said.uses_oauth:
        raise InputError("OAuth2 is known, not supported yet", path=f"{_OAUTH}*")
    if not given.startswith(("http://", "https://")):
        hint = f"write an http or https URL, or {ISO_LABEL}"
        raise InputError("is no URL that is supported", path=CONFIG, hint=hint)
    return _VARIABLE.sub(lambda found: _value(found[1], said.variables), given)


def _value(name: str, variables: Mapping[str, str]) -> str:
    value = variables.get(name)
    if value is None:
        hint = f"there are {', '.join(sorted(variables))}"
        raise InputError(f"unknown variable ${{{name}}}", path=CONFIG, hint=hint)
    if not value:
        raise TransientError(f"{CONFIG}: ${{{name}}} has no value yet")
    return quote(value, safe="")
