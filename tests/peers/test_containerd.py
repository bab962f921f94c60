"""The containerd adapters against a real containerd in namespaces of its own."""

import asyncio
import contextlib
import os
import resource
import signal
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest
from tests.peers.authority import Authority
from tests.peers.components import component, image_archive

from ichor.controllers.etcd import args as etcd_args
from ichor.controllers.etcd import container as etcd_container
from ichor.errors import InputError, NotFound, TransientError
from ichor.formats.ocispec import Container, Mount
from ichor.peers.containerd import ContainerdContainers
from ichor.peers.containerd_images import ContainerdImages
from ichor.peers.etcd import EtcdClient
from ichor.rpc.client import Channel
from ichor.rpc.peer import TcpTarget, UnixTarget
from ichor.rpc.tls import ClientTls, Identity, client_context

pytestmark = [pytest.mark.cluster, pytest.mark.root]

IMAGE = "ichor.local/program:1"


async def connected(home: Path) -> Channel:
    """Connect as soon as the socket is there."""
    channel = Channel(UnixTarget(str(home / "c.sock")))
    containers = ContainerdContainers(channel, "system")
    async with asyncio.timeout(30):
        while True:
            try:
                assert await containers.version()
            except Exception:  # noqa: BLE001 - it starts
                await channel.close()
                await asyncio.sleep(0.05)
                channel = Channel(UnixTarget(str(home / "c.sock")))
                containers = ContainerdContainers(channel, "system")
            else:
                return channel


async def archive(home: Path) -> AsyncIterator[bytes]:
    yield image_archive(IMAGE, home / "program")


def service(home: Path, *args: str, **more: Any) -> Container:  # noqa: ANN401 - fields of Container
    return Container(
        id="etcd",
        image=IMAGE,
        args=args,
        env=("OURS=yes",),
        cgroup_path=f"/ichor-test-{home.name}/etcd",
        log_path=str(home / "logs" / "etcd.log"),
        **more,
    )


@contextlib.asynccontextmanager
async def ready(home: Path) -> AsyncIterator[tuple[ContainerdImages, ContainerdContainers]]:
    channel = await connected(home)
    try:
        images = ContainerdImages(channel, "system")
        try:
            await images.get(IMAGE)
        except NotFound:
            await images.import_archive(archive(home), prefixes=("ichor.local",))
        yield images, ContainerdContainers(channel, "system")
    finally:
        await channel.close()


def test_an_archive_is_imported_and_its_image_has_a_name_and_a_configuration(home: Path) -> None:
    async def check() -> None:
        async with ready(home) as (images, _):
            assert IMAGE in [image.name for image in await images.list()]
            config = await images.config(IMAGE)
            assert config.entrypoint == ("/program",)
            assert len(config.diff_ids) == 1
            with pytest.raises(NotFound):
                await images.get("ichor.local/nothing:1")

    asyncio.run(check())


def test_a_container_runs_to_its_end_and_its_log_has_both_streams(home: Path) -> None:
    async def check() -> None:
        async with ready(home) as (_, containers):
            assert await containers.start(service(home, "end", "7", uid=60, gid=60)) > 0
            assert (await containers.wait("etcd")).status == 7
            # The shim reports the end and copies what was said each in its own time.
            await until_said(home, ["err", "out 60 image yes"])
            assert [(c.id, c.status) for c in await containers.list()] == [("etcd", "stopped")]
            await containers.remove("etcd")
            assert await containers.list() == ()

    asyncio.run(check())


async def until_said(home: Path, lines: list[str]) -> None:
    """Wait until these lines, in any order, are the log."""
    async with asyncio.timeout(20):
        log = home / "logs" / "etcd.log"
        while sorted(log.read_text().splitlines()) != lines:  # noqa: ASYNC110 - the shim's time
            await asyncio.sleep(0.05)


async def says(home: Path, *, times: int) -> None:
    """Wait until the program has spoken as often."""
    async with asyncio.timeout(20):
        while spoken(home) < times:  # noqa: ASYNC110 - its time, not ours
            await asyncio.sleep(0.05)


def spoken(home: Path) -> int:
    return (home / "logs" / "etcd.log").read_text().count("err")


def test_a_restart_takes_the_place_of_what_still_runs(home: Path) -> None:
    async def check() -> None:
        async with ready(home) as (_, containers):
            (home / "logs" / "etcd.log").unlink(missing_ok=True)
            first = await containers.start(service(home, "stay"))
            await says(home, times=1)
            again = ContainerdContainers(containers._caller._channel, "system")
            second = await again.start(service(home, "stay"))
            assert first != second
            assert [(c.id, c.status) for c in await again.list()] == [("etcd", "running")]
            await says(home, times=2)  # before that, runc itself would take the signal
            ended = await again.stop("etcd", grace_s=0.2)
            assert ended is not None
            assert ended.status == 128 + signal.SIGKILL  # pid 1 without a handler ignores TERM
            await again.remove("etcd")
            assert await again.stop("etcd", grace_s=1) is None

    asyncio.run(check())


def test_a_bind_mount_is_writable_and_the_root_is_not(home: Path) -> None:
    async def check() -> None:
        data = home / "data"
        data.mkdir()
        data.chmod(0o777)
        mount = Mount(destination="/data", source=str(data), options=("rbind", "rw"))
        async with ready(home) as (_, containers):
            await containers.start(service(home, "write", "0", uid=60, mounts=(mount,)))
            assert (await containers.wait("etcd")).status == 0
            assert (data / "x").read_text() == "w"
            await containers.start(service(home, "write", "0"))
            assert (await containers.wait("etcd")).status == 9
            await containers.remove("etcd")

    asyncio.run(check())


def test_the_kubelets_privileges_are_what_this_machine_can_give(home: Path) -> None:
    async def check() -> None:
        async with ready(home) as (_, containers):
            wide = service(home, "end", "0", privileged=True, host_pid=True, propagation="rshared")
            await containers.start(wide)
            assert (await containers.wait("etcd")).status == 0
            await containers.remove("etcd")

    asyncio.run(check())


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def daemon(home: Path) -> int:
    """Give the pid of containerd: the child of that name of the shell that restarts it."""
    [shell] = children(int((home / "pid").read_text()))
    names = {child: Path(f"/proc/{child}/comm").read_text().strip() for child in children(shell)}
    return next(child for child, name in names.items() if name == "containerd")


def test_a_container_outlives_containerd_and_so_does_the_wait_for_it(home: Path) -> None:
    async def check() -> None:
        async with ready(home) as (_, containers):
            pid = await containers.start(service(home, "stay"))
            waiting = asyncio.ensure_future(containers.wait("etcd"))
            os.kill(daemon(home), signal.SIGKILL)
            async with asyncio.timeout(20):
                while not await answers(containers):  # noqa: ASYNC110 - its time, not ours
                    await asyncio.sleep(0.1)
            assert [(c.id, c.pid, c.status) for c in await containers.list()] == [
                ("etcd", pid, "running")
            ]
            assert not waiting.done()
            await containers.kill("etcd", signal.SIGKILL)
            async with asyncio.timeout(20):
                assert (await waiting).status == 128 + signal.SIGKILL
            await containers.remove("etcd")

    asyncio.run(check())


async def answers(containers: ContainerdContainers) -> bool:
    try:
        await containers.version()
    except TransientError:
        return False
    return True


def test_etcd_runs_from_an_image_as_the_node_runs_it(home: Path) -> None:
    # Any address of 127.0.0.0/8 is the machine's own: one of ours alone.
    address = f"127.88.{os.getpid() % 250}.{os.getpid() // 250 % 250 + 1}"
    image = "ichor.local/etcd:1"
    authority = Authority()
    secrets, data = home / "secrets", home / "etcd"
    secrets.mkdir()
    data.mkdir(mode=0o700)
    os.chown(data, 60, 60)
    (secrets / "ca.crt").write_bytes(authority.certificate)
    for name in ("server", "peer"):
        certificate, key = authority.issue("etcd", address=address)
        (secrets / f"{name}.crt").write_bytes(certificate)
        (secrets / f"{name}.key").write_bytes(key)
    args = etcd_args.render(
        etcd_args.Inputs(
            name="n1",
            advertised_addresses=(address,),
            listen_peer_addresses=(address,),
            listen_client_addresses=(address,),
            initial=etcd_args.Initial(state="new", members=(("n1", f"https://{address}:2380"),)),
        )
    )
    here = {etcd_args.DATA: str(data), etcd_args.SECRETS: str(secrets)}
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    made = etcd_container.render(image, args, log_path=str(home / "etcd.log"), file_limit=limit)
    moved = msgspec.structs.replace(
        made,
        mounts=tuple(
            msgspec.structs.replace(mount, source=here.get(mount.source, mount.source))
            for mount in made.mounts
        ),
        cgroup_path=f"/ichor-test-{home.name}/etcd",
    )

    async def images_of() -> AsyncIterator[bytes]:
        yield image_archive(image, component("etcd"), at="usr/local/bin/etcd")

    async def check() -> None:
        async with ready(home) as (images, containers):
            await images.import_archive(images_of(), prefixes=("ichor.local",))
            await containers.start(moved)
            certificate, key = authority.issue("admin")
            context = client_context(authority.certificate, Identity(chain=certificate, key=key))
            async with Channel(TcpTarget(address, 2379, ClientTls(context))) as channel:
                etcd = EtcdClient(channel)
                async with asyncio.timeout(30):
                    while not await has_leader(etcd):  # noqa: ASYNC110 - its time
                        await asyncio.sleep(0.2)
                    await etcd.put(b"health", b"ok")
                assert [member.name for member in await etcd.members()] == ["n1"]
            ended = await containers.stop("etcd", grace_s=20)
            assert ended is not None
            assert ended.status in {0, 128 + signal.SIGTERM}, (home / "etcd.log").read_text()
            await containers.remove("etcd")

    asyncio.run(check())


async def has_leader(etcd: EtcdClient) -> bool:
    try:
        return (await etcd.status()).leader != 0
    except TransientError:
        return False


def test_events_tell_of_starts_and_ends(home: Path) -> None:
    async def check() -> None:
        async with ready(home) as (_, containers):
            async with aclosing(cast("Any", containers.events())) as events:
                coming = asyncio.ensure_future(anext(events))
                await asyncio.sleep(0.2)  # the subscription has no acknowledgement
                await containers.start(service(home, "end", "3"))
                seen = [await coming]
                async with asyncio.timeout(10):
                    while seen[-1].topic != "/tasks/exit":
                        seen.append(await anext(events))
                assert (seen[-1].id, seen[-1].exit_status) == ("etcd", 3)
                assert "/tasks/start" in {event.topic for event in seen}
            await containers.remove("etcd")

    asyncio.run(check())


def test_what_cannot_run_is_refused_and_leaves_nothing(home: Path) -> None:
    async def check() -> None:
        async with ready(home) as (_, containers):
            with pytest.raises(NotFound):
                await containers.start(
                    Container(id="x", image="no/such:1", args=("a",), cgroup_path="/x")
                )
            with pytest.raises(Exception, match=r"no such file|not found|NOT_FOUND") as caught:
                await containers.start(
                    Container(
                        id="y",
                        image=IMAGE,
                        command=("/nothing",),
                        cgroup_path=f"/ichor-test-{home.name}/y",
                    )
                )
            assert not isinstance(caught.value, InputError)
            await containers.remove("y")
            assert await containers.list() == ()

    asyncio.run(check())
