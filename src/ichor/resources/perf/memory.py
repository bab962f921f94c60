"""Memory as the kernel counts it."""

from typing import ClassVar

from msgspec import field

from ichor.cosi.resource import Definition, Spec


class MemoryStat(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="MemoryStats.perf.talos.dev",
        namespace="perf",
        aliases=("memorystat", "ms"),
        columns={"Used": "{.used}", "Total": "{.total}"},
    )
    total: int = 0
    used: int = 0
    available: int = 0
    buffers: int = 0
    cached: int = 0
    swap_cached: int = 0
    active: int = 0
    inactive: int = 0
    active_anon: int = 0
    inactive_anon: int = 0
    active_file: int = 0
    inactive_file: int = 0
    unevictable: int = 0
    mlocked: int = 0
    swap_total: int = 0
    swap_free: int = 0
    dirty: int = 0
    writeback: int = 0
    anon_pages: int = 0
    mapped: int = 0
    shmem: int = 0
    slab: int = 0
    sreclaimable: int = 0
    sunreclaim: int = 0
    kernel_stack: int = 0
    page_tables: int = 0
    nfsunstable: int = 0
    bounce: int = 0
    write_backtmp: int = 0
    commit_limit: int = 0
    commit_tedas: int = 0
    vmalloc_total: int = 0
    vmalloc_used: int = 0
    vmalloc_chunk: int = 0
    hardware_corrupted: int = 0
    anon_huge_pages: int = 0
    shmem_huge_pages: int = 0
    shmem_pmd_mapped: int = 0
    cma_total: int = 0
    cma_free: int = 0
    huge_pages_total: int = 0
    huge_pages_free: int = 0
    huge_pages_rsvd: int = 0
    huge_pages_surp: int = 0
    hugepagesize: int = 0
    direct_map4k: int = field(default=0, name="directMap4k")
    direct_map2m: int = field(default=0, name="directMap2m")
    direct_map1g: int = field(default=0, name="directMap1g")
