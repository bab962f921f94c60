"""Swap devices and compressed swap."""

from typing import ClassVar

from ichor.cosi.resource import Definition, Spec


class SwapStatus(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="SwapStatuses.block.talos.dev",
        namespace="runtime",
        aliases=("swap", "swaps", "swapstatus", "ss"),
        columns={
            "Device": "{.device}",
            "Size": "{.sizeHuman}",
            "Used": "{.usedHuman}",
            "Priority": "{.priority}",
        },
    )
    device: str = ""
    type: str = ""
    size: int = 0
    size_human: str = ""
    used: int = 0
    used_human: str = ""
    priority: int = 0


class ZswapStatus(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="ZswapStatuses.block.talos.dev",
        namespace="runtime",
        aliases=("zswapstatus", "zs"),
        columns={
            "Total Size": "{.totalSizeHuman}",
            "Stored Pages": "{.storedPages}",
            "Written Back": "{.writtenBackPages}",
            "Pool Limit Hit": "{.poolLimitHit}",
        },
    )
    total_size: int = 0
    total_size_human: str = ""
    stored_pages: int = 0
    pool_limit_hit: int = 0
    reject_reclaim_fail: int = 0
    reject_alloc_fail: int = 0
    reject_kmemcache_fail: int = 0
    reject_compress_fail: int = 0
    reject_compress_poor: int = 0
    written_back_pages: int = 0
