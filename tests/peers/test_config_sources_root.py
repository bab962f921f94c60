"""Asking platforms over real sockets, in a network namespace of its own."""

import asyncio
import gzip
import ssl
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import pytest
from tests.conformance.test_ports import ALONE
from tests.fresh import fresh
from tests.peers.authority import Authority

from ichor.errors import IchorError
from ichor.formats.packed import MOST
from ichor.linux.network import KernelNetwork
from ichor.peers.config_sources import NodeSources, Pauses
from ichor.peers.fetch import Fetcher
from ichor.peers.platform.program import Get
from ichor.ports.config_sources import Ask, Platform, Progress, Refuse, Rest, Settle, Take
from ichor.ports.network import Add, Address, SetLink
from ichor.resources.config.source import SourceState
from ichor.testing.pages import listen, serve

pytestmark = pytest.mark.root

METADATA = "169.254.169.254"
CONFIG = b"version: v1alpha1\n"
QUICK = Pauses(first=0.001, most=0.002, look=0.001)


class Disks:
    """Devices whose file systems are maps; all have the label that is asked for."""

    def __init__(self) -> None:
        self.held: dict[str, Mapping[str, bytes]] = {}

    def devices(self) -> frozenset[str]:
        return frozenset(self.held)

    def read(
        self, labels: object, names: object, among: frozenset[str] | None = None
    ) -> Mapping[str, bytes] | None:
        seen = (files for name, files in self.held.items() if among is None or name in among)
        return next(seen, None)


class Node:
    """A node's sources, its disks and its store."""

    def __init__(self, kept: Path, name: str) -> None:
        self.disks = Disks()
        self.stored: dict[int, str] = {}
        self.port = NodeSources(
            self.disks, Fetcher(), self.newest, self.stored.__setitem__, name, kept, QUICK
        )

    def newest(self) -> tuple[int, str]:
        return max(self.stored.items(), default=(0, ""))

    async def until(self, state: SourceState, detail: str = "") -> Progress:
        """Wait until it is shown to be so far."""
        woken = self.port.wakes()
        while True:
            found = self.port.observe().platform
            if found.state is state and detail in found.detail:
                return found
            await asyncio.wait_for(anext(woken), 20)


def in_namespace(scene: Callable[[Path], Awaitable[None]]) -> None:
    network = KernelNetwork()
    network.apply(SetLink(name="lo", up=True))
    network.apply(Add(what=Address(link="lo", address=f"{METADATA}/32")))
    with tempfile.TemporaryDirectory() as work:
        asyncio.run(asyncio.wait_for(_coroutine(scene, Path(work)), 50))


async def _coroutine(scene: Callable[[Path], Awaitable[None]], work: Path) -> None:
    await scene(work)


async def aws(work: Path) -> None:
    pages = {
        "/latest/api/token": b"TOKEN",
        "/latest/user-data": gzip.compress(CONFIG),
        "/latest/meta-data/instance-id": b"i-7",
        "/latest/meta-data/local-hostname": b"seven",
    }
    node, platform = Node(work / "kept", "aws"), Platform(name="aws")
    with serve(listen((METADATA, 80)), pages) as asked:
        node.port.apply(Ask(platform=platform, online=False))
        waiting = await node.until(SourceState.WAITING)
        assert (waiting.remote, asked) == (True, [])
        node.port.apply(Ask(platform=platform, online=True))
        found = await node.until(SourceState.FOUND)
    assert asked[:2] == ["PUT /latest/api/token", "GET /latest/meta-data/instance-id"]
    assert found.answer is not None
    assert (found.answer.config, found.answer.instance.id) == (CONFIG, "i-7")
    node.port.apply(Take(source="platform", state=SourceState.COMPLETE, generation=1, text="x"))
    assert node.stored == {1: "x"}
    assert node.port.observe().text == "x"
    # The next boot knows what was said of the machine, not the configuration, before it asks.
    known = Node(work / "kept", "aws").port.observe().platform.answer
    assert known is not None
    assert (known.instance.hostname, known.config) == ("seven", b"")
    assert Node(work / "kept", "gcp").port.observe().platform.answer is None
    (work / "kept").write_text("{")
    assert Node(work / "kept", "aws").port.observe().platform.answer is None


async def late(work: Path) -> None:
    """A server that comes later, and one whose page does: both are asked until they answer."""
    node, pages = Node(work / "kept", "metal"), dict[str, bytes]()
    platform = Platform(name="metal", url=f"http://{METADATA}:8080/c?secret=1")
    node.port.apply(Ask(platform=platform, online=True))
    failed = await node.until(SourceState.FAILED)
    assert failed.remote
    assert "8080/c" in failed.detail
    with serve(listen((METADATA, 8080)), pages):
        await node.until(SourceState.FAILED, "status 404")
        pages["/c?secret=1"] = CONFIG
        found = await node.until(SourceState.FOUND)
    assert found.tries > 2
    node.port.apply(Refuse(why="no configuration"))
    refused = node.port.observe().platform
    assert (refused.state, refused.detail) == (SourceState.FAILED, "no configuration")
    with serve(listen((METADATA, 8080)), pages):
        await node.until(SourceState.FOUND)
    node.port.apply(Rest())
    assert node.port.observe().platform.asked is None


async def disk(work: Path) -> None:
    """Without a disk nobody is held up; one that is put in later is read."""
    node = Node(work / "kept", "nocloud")
    node.port.apply(Ask(platform=Platform(name="nocloud"), online=False))
    absent = await node.until(SourceState.ABSENT)
    assert (absent.remote, absent.answer) == (False, None)
    node.disks.held["vdb"] = {"user-data": b"#cloud-config\nusers: []\n"}
    assert "cloud-init" in (await node.until(SourceState.FAILED)).detail
    node.disks.held["vdb"] = {"user-data": CONFIG, "meta-data": b"local-hostname: seven\n"}
    found = await node.until(SourceState.FOUND)
    assert found.answer is not None
    assert found.answer.instance.hostname == "seven"
    # A boot without the disk goes on with what is remembered.
    again = Node(work / "kept", "nocloud")
    again.port.apply(Ask(platform=Platform(name="nocloud"), online=False))
    absent = await again.until(SourceState.ABSENT)
    assert absent.answer is not None
    assert absent.answer.instance.hostname == "seven"


async def settled(work: Path) -> None:
    """A node that has its configuration looks at no disk that comes later, and waits for none."""
    node = Node(work / "kept", "nocloud")
    node.port.apply(Ask(platform=Platform(name="nocloud"), online=False))
    await node.until(SourceState.ABSENT)
    (waiting,) = (one for one in asyncio.all_tasks() if one.get_name() == "platform")
    node.port.apply(Settle())
    assert node.port.observe().settled
    await asyncio.wait([waiting], timeout=20)
    assert waiting.cancelled()
    node.disks.held["vdb"] = {"user-data": CONFIG, "meta-data": b"local-hostname: pod\n"}
    node.port.apply(Ask(platform=Platform(name="nocloud"), online=True))
    found = await node.until(SourceState.ABSENT)
    assert found.answer is None
    # What was there before is still read.
    node = Node(work / "kept", "nocloud")
    node.disks.held["vdb"] = {"user-data": CONFIG}
    node.port.apply(Ask(platform=Platform(name="nocloud"), online=False))
    node.port.apply(Settle())
    await node.until(SourceState.FOUND)


async def refused(fetch: Fetcher, url: str) -> str:
    try:
        await fetch.fetch(Get(url=url))
    except IchorError as err:
        return str(err)
    raise AssertionError(url)


async def fetching(work: Path) -> None:
    pages = {
        "/there": CONFIG,
        "/moved": b"Location: /there",
        "/round": b"Location: /round",
        "/away": b"Location: file:///etc/passwd",
        "/nowhere": b"Location: http://u:secret@[x/",
        "/large": bytes(MOST + 1),
    }
    fetcher, here = Fetcher(), f"http://{METADATA}:8080"
    with serve(listen((METADATA, 8080)), pages):
        assert "URL" in await refused(fetcher, f"{here}/a b")
        assert await fetcher.fetch(Get(url=f"{here}/moved")) == CONFIG
        assert await fetcher.fetch(Get(url=f"{here}/none", optional=True)) is None
        assert "status 404" in await refused(fetcher, f"{here}/none?key=secret")
        assert "secret" not in await refused(fetcher, f"http://u:secret@{METADATA}:8080/none")
        assert "more than 5 redirects" in await refused(fetcher, f"{here}/round")
        assert "expected an http or https URL" in await refused(fetcher, f"{here}/away")
        assert "a redirect to what is no URL" in await refused(fetcher, f"{here}/nowhere")
        assert "larger than" in await refused(fetcher, f"{here}/large")
        assert "Connect call failed" in await refused(fetcher, f"http://{METADATA}:8081/")
        assert "in time" in await refused(Fetcher(timeout_s=0.0), f"{here}/there")
    for url in ("http://[x/", "http://x:port/", "http:///x"):
        assert "URL" in await refused(fetcher, url)
    secrets = (
        f"http://u:secret@{METADATA}:8081/there?key=secret",  # nobody listens
        f"http://u:secret@{METADATA}:8081/a b?key=secret",
        "http://u:secret@[x/?key=secret",
        "http://u:secret@x\u2100/?key=secret",
        "http://u:secret/",
        f"ftp://u:secret@{METADATA}/?key=secret",
    )
    for url in secrets:
        assert "secret" not in await refused(fetcher, url)
    await secure(work)


async def secure(work: Path) -> None:
    authority = Authority()
    certificate, key = authority.issue("server", address=METADATA)
    for name, content in (("server", certificate + key), ("roots", authority.certificate)):
        (work / name).write_bytes(content)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(work / "server")
    pages = {"/there": CONFIG, "/plain": f"Location: http://{METADATA}/there".encode()}
    listening = context.wrap_socket(listen((METADATA, 443)), server_side=True)
    with serve(listening, pages):
        trusting = Fetcher(work / "roots")
        assert await trusting.fetch(Get(url=f"https://{METADATA}/there")) == CONFIG
        assert "not https" in await refused(trusting, f"https://{METADATA}/plain")
        assert "CERTIFICATE_VERIFY_FAILED" in await refused(
            Fetcher(work / "none"), f"https://{METADATA}/there"
        )


def aws_scenario() -> None:
    in_namespace(aws)


def late_scenario() -> None:
    in_namespace(late)


def disk_scenario() -> None:
    in_namespace(disk)


def settled_scenario() -> None:
    in_namespace(settled)


def fetching_scenario() -> None:
    in_namespace(fetching)


@pytest.mark.parametrize(
    "scenario",
    [aws_scenario, late_scenario, disk_scenario, settled_scenario, fetching_scenario],
    ids=lambda one: one.__name__.removesuffix("_scenario"),
)
def test_platforms_over_real_sockets(scenario: Callable[[], None]) -> None:
    fresh(scenario, *ALONE)
