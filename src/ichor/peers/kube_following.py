"""Following a collection of the Kubernetes API for as long as a node lives.

    the first identity that is there ─► client ─► list and watch ─► listings

Nothing of an identity is kept: a kubelet's certificate is renewed in place, so every connection
begins with the files. The API server is away at every boot and every upgrade of a control plane;
it is tried each second here rather than by the engine, whose pauses grow, because a node waits
for this. What others see of its absence is that nothing changes.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing

from ichor.errors import IchorError
from ichor.log import fields, logger
from ichor.peers.kube import Access, KubeClient
from ichor.ports.clock import Clock
from ichor.ports.kube import EVERYTHING, Kind, Listing, Select

log = logger(__name__)
_RETRY_S = 1.0
Identities = Sequence[Callable[[], Access | None]]


def first(identities: Identities) -> Access | None:
    """Give the best identity that is there."""
    known = (identity() for identity in identities)
    return next((access for access in known if access is not None), None)


def everything() -> Select | None:
    return EVERYTHING


class Follower:
    """identities: the better first; None while there is none of that sort.

    select: which part of the collection; None while that is not known.
    """

    def __init__(
        self,
        kind: Kind,
        identities: Identities,
        clock: Clock,
        connect: Callable[[Access], KubeClient] = KubeClient,
        select: Callable[[], Select | None] = everything,
    ) -> None:
        self._kind = kind
        self._identities = identities
        self._clock = clock
        self._connect = connect
        self._select = select

    async def listings(self) -> AsyncIterator[Listing]:
        said = ""
        while True:
            try:
                async with aclosing(self._watch()) as watched:
                    async for listing in watched:
                        said = ""
                        yield listing
            except (IchorError, OSError) as err:
                if str(err) != said:
                    said = str(err)
                    extra = fields(kind=self._kind.kind, why=said)
                    log.info("the cluster cannot be watched yet", extra=extra)
            await self._clock.sleep(_RETRY_S)

    async def _watch(self) -> AsyncGenerator[Listing, None]:
        """Yield until the API goes away; nothing if there is no identity."""
        found = first(self._identities)
        select = self._select()
        if found is None or select is None:
            return
        client = self._connect(found)
        try:
            async for listing in client.watch(self._kind, select):
                yield listing
        finally:
            await client.close()
