"""`ichor cluster create --provisioner qemu`: machines that boot our disk and wait for their API."""

from pathlib import Path

from msgspec import Struct

from ichor.cli.phases import Display
from ichor.errors import InputError
from ichor.provision import record
from ichor.provision.provisioner import Request, plan
from ichor.provision.record import Cluster, Machine


class Options(Struct, frozen=True, kw_only=True):
    memory_mib: int
    disk_mib: int
    egress: bool = False
    image_cache: Path | None = None


def create(name: str, counts: tuple[int, int], options: Options, *, is_bare: bool) -> None:
    if not is_bare:
        hint = "add --skip-injecting-config, and use ichor apply-config"
        raise InputError("machines are configured by their API", path="--provisioner", hint=hint)
    machine = Machine(
        image=str(disk_image()),
        memory_mib=options.memory_mib,
        disk_mib=options.disk_mib,
        egress=options.egress,
    )
    control_planes, workers = counts
    request = Request(
        name=name,
        root=Path(machine.image),
        control_planes=control_planes,
        workers=workers,
        machine=machine,
        image_cache=options.image_cache,
    )
    with record.locked(name):
        make(plan(request))


def make(planned: Cluster) -> None:
    """Make what was planned; the caller holds the cluster's lock."""
    from ichor.provision.machines import Machines, with_accelerator

    made = Machines()
    made.check(planned)
    fitted = with_accelerator(planned)
    Display().run(made.create(fitted, {}))
    record.save(record.ready(fitted))
    for node in fitted.nodes:
        print(f"{node.name}: ichor version -i -n 127.0.0.1:{node.forward('api')}")


def disk_image() -> Path:
    """Build what is missing of the disk, and give it."""
    from ichor.image import disk
    from ichor.image.cache import Cache, default_root
    from ichor.image.progress import Lines

    cache = Cache(default_root())
    step = disk.disk_step(cache)
    cache.make([step], Lines())
    return cache.path(step) / disk.FILE
