"""Meta: the values of META, as resources; how STATE is opened is for nobody to read.

Meta ─► runtime/MetaKey (one each, `0x0a`), runtime/MetaLoad
"""

from collections.abc import Iterator, Mapping
from functools import partial

from ichor.config.secret import HIDDEN
from ichor.cosi.controller import Out, Source, Yield
from ichor.cosi.wakes import snapshots
from ichor.formats.meta import STATE_ENCRYPTION
from ichor.ports.meta import Meta
from ichor.resources.runtime.ids import META_LOADED_ID
from ichor.resources.runtime.meta import MetaKey, MetaLoad


def reconcile(values: Mapping[int, bytes]) -> Iterator[Yield]:
    yield META_LOADED_ID, MetaLoad(done=True)
    for tag, value in values.items():
        text = HIDDEN if tag == STATE_ENCRYPTION else value.decode(errors="replace")
        yield f"0x{tag:02x}", MetaKey(value=text)


def meta(port: Meta) -> Source[Mapping[int, bytes]]:
    return Source(
        name="runtime.Meta",
        outputs=[Out(MetaKey), Out(MetaLoad)],
        snapshots=partial(snapshots, port.observe, port.wakes),
        reconcile=reconcile,
    )
