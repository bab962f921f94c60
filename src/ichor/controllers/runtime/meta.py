"""Meta: the values of META, as resources.

Meta ─► runtime/MetaKey (one each, `0x0a`), runtime/MetaLoad
"""

from collections.abc import Iterator, Mapping
from functools import partial

from ichor.cosi.controller import Out, Source, Yield
from ichor.cosi.wakes import snapshots
from ichor.ports.meta import Meta
from ichor.resources.runtime.ids import META_LOADED_ID
from ichor.resources.runtime.meta import MetaKey, MetaLoad


def reconcile(values: Mapping[int, bytes]) -> Iterator[Yield]:
    yield META_LOADED_ID, MetaLoad(done=True)
    for tag, value in values.items():
        yield f"0x{tag:02x}", MetaKey(value=value.decode(errors="replace"))


def meta(port: Meta) -> Source[Mapping[int, bytes]]:
    return Source(
        name="runtime.Meta",
        outputs=[Out(MetaKey), Out(MetaLoad)],
        snapshots=partial(snapshots, port.observe, port.wakes),
        reconcile=reconcile,
    )
