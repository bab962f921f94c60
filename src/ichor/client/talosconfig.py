"""talosconfig: the contexts of a user, each a cluster's endpoints and the user's certificate.

The file is shared with other tools, so it is read strictly, never half understood and rewritten.
It holds private keys: written atomically, for the owner only.
"""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import field

from ichor.config.codec import INVALID, Place
from ichor.config.document import Part
from ichor.config.field import ALWAYS, BASE64, Cert64
from ichor.config.secret import Object, Secret
from ichor.config.shape import struct_of
from ichor.errors import InputError
from ichor.formats.yaml.nodes import parse_into
from ichor.formats.yaml.problem import Problem, Problems
from ichor.formats.yaml.write import dump

PATH_VARIABLE: Final = "TALOSCONFIG"


class Context(Part, frozen=True, kw_only=True):
    """ca, crt, key: PEM, base64 in the file. nodes: whom calls are for when no -n is given."""

    endpoints: Annotated[tuple[str, ...], ALWAYS] = ()
    nodes: tuple[str, ...] = ()
    ca: Cert64 | None = None
    crt: Cert64 | None = None
    key: Annotated[Secret, BASE64] | None = None
    cluster: str = ""
    auth: Object | None = None
    proxy_url: str = field(name="proxy-url", default="")


class Talosconfig(Part, frozen=True, kw_only=True):
    """context: the one in use; empty if none."""

    context: Annotated[str, ALWAYS] = ""
    contexts: Annotated[Mapping[str, Context], ALWAYS] = {}

    def current(self, name: str = "") -> Context:
        """Give the named context, or the one in use. Raises InputError."""
        wanted = name or self.context
        if not wanted:
            raise InputError("no context is in use", hint="run: ichor config context NAME")
        if wanted not in self.contexts:
            known = ", ".join(sorted(self.contexts)) or "none"
            raise InputError(f"no context {wanted!r}; there are: {known}")
        return self.contexts[wanted]

    def with_context(self, name: str, context: Context) -> "Talosconfig":
        return msgspec.structs.replace(self, contexts={**self.contexts, name: context})

    def without(self, name: str) -> "Talosconfig":
        """Give it without a context. Raises InputError."""
        self.current(name)
        rest = {other: value for other, value in self.contexts.items() if other != name}
        return Talosconfig(context="" if self.context == name else self.context, contexts=rest)

    def using(self, name: str) -> "Talosconfig":
        """Give it with another context in use. Raises InputError."""
        self.current(name)
        return msgspec.structs.replace(self, context=name)

    def merged(self, other: "Talosconfig") -> tuple["Talosconfig", Mapping[str, str]]:
        """Join in another's contexts; gives also old -> new name of those renamed.

        A context of a name that is taken, with other content, gets `-1`, `-2` and so on. The
        context in use becomes the other's, if it names one.
        """
        contexts, renamed = dict(self.contexts), dict[str, str]()
        for name, context in other.contexts.items():
            free = _free_name(name, context, contexts)
            if free != name:
                renamed[name] = free
            contexts[free] = context
        used = renamed.get(other.context, other.context) or self.context
        return Talosconfig(context=used, contexts=contexts), renamed


def _free_name(name: str, context: Context, taken: Mapping[str, Context]) -> str:
    candidate, number = name, 0
    while candidate in taken and taken[candidate] != context:
        number += 1
        candidate = f"{name}-{number}"
    return candidate


def read(data: bytes | str, *, file: str = "<talosconfig>") -> Talosconfig:
    """Read the text of a talosconfig; an empty one has no context. Raises Problems."""
    problems: list[Problem] = []
    nodes = parse_into(data, problems)
    if len(nodes) > 1:
        problems.append(Problem(line=nodes[1].line, message="expected one YAML document"))
    found = struct_of(Talosconfig).decode(nodes[0], Place(problems, "$")) if nodes else None
    if problems or found is INVALID:
        raise Problems(file, problems)
    return found if isinstance(found, Talosconfig) else Talosconfig()


def write(talosconfig: Talosconfig) -> str:
    """Give the text; it holds the keys in clear."""
    return dump(struct_of(Talosconfig).encode(talosconfig))


def default_path(environment: Mapping[str, str]) -> Path:
    """Give $TALOSCONFIG, or ~/.talos/config."""
    named = environment.get(PATH_VARIABLE, "")
    return Path(named) if named else Path(environment.get("HOME", "/root")) / ".talos" / "config"


def load(path: Path) -> Talosconfig:
    """Read a file; one that is not there has no context. Raises Problems."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return Talosconfig()
    return read(data, file=str(path))


def save(path: Path, talosconfig: Talosconfig) -> None:
    """Write a file for the owner only, whole or not at all; its directory is made if missing."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    target = path.resolve()  # a link stays a link
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)  # 0600
    fresh = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(write(talosconfig).encode())
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(target)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
