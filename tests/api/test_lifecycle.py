"""Another image for a machine, as clients ask for it: told step by step, one at a time."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Generator, Sequence
from pathlib import Path

import pytest
from tests.api.serving import CLOCK, refused, serving
from tests.api.test_images import FakeImages, NoSigner
from tests.api.test_reboot import FakeQuorum

from ichor.api.events import EventLog
from ichor.api.machine.aside import Aside
from ichor.api.machine.departure import Departure
from ichor.api.machine.lifecycle import SERVICE, LifecycleService
from ichor.api.machine.power import IN_CONTAINER
from ichor.api.operations import Operations
from ichor.api.verification import Verification
from ichor.client.machine import Node
from ichor.client.operation import actor_of
from ichor.config.versions import INSTALLER
from ichor.cosi.memory import Memory
from ichor.cosi.operation import Operation
from ichor.cosi.resource import resource
from ichor.cosi.state import find_all
from ichor.errors import Conflict, InputError
from ichor.peers.registry import HttpRegistries
from ichor.ports.containers import Image
from ichor.proto.common import common_pb2
from ichor.proto.machine import machine_pb2 as pb
from ichor.resources.security.image_verification_rule import ImageVerificationRule
from ichor.rpc.status import Code, RpcError

SYSTEM = common_pb2.ContainerdInstance(namespace=common_pb2.NS_SYSTEM)
SOURCE = pb.InstallArtifactsSource(image_name="a.example/installer:1")
REQUEST = pb.LifecycleServiceUpgradeRequest(containerd=SYSTEM, source=SOURCE)
ANSWER = pb.LifecycleServiceUpgradeResponse
LAYERS = ("sha256:" + "a" * 64,)


class LayeredImages(FakeImages):
    async def get(self, name: str) -> Image:
        return Image(name=name, digest=LAYERS[0], size=1, created=CLOCK.now())

    async def layers(self, image: Image) -> tuple[str, ...]:
        assert (image.name, image.digest) == (SOURCE.image_name, LAYERS[0])
        return LAYERS


class FakeInstaller:
    """Says two things; between them it waits until it may go on. error: what it ends by."""

    def __init__(self, error: Exception | None = None) -> None:
        self.may_go_on = threading.Event()
        self.error = error
        self.ended = 0
        self.staged = 0

    def upgrade(self, layers: Sequence[str]) -> Generator[str, None, None]:
        assert tuple(layers) == LAYERS
        try:
            yield "first"
            self.may_go_on.wait()
            if self.error is not None:
                raise self.error
            yield "second"
        finally:
            self.ended += 1

    def stage(self, name: str, layers: Sequence[str]) -> Generator[str, None, None]:
        assert (name, tuple(layers)) == (SOURCE.image_name, LAYERS)
        yield "first"
        if self.error is not None:
            raise self.error
        self.staged += 1

    def install(self, disk: str, *, wipe: bool = False) -> Generator[str, None, None]:
        assert (disk, wipe) == ("vda", False)
        yield "first"
        if self.error is not None:
            raise self.error

    def roll_back(self) -> str:
        if self.error is not None:
            raise self.error
        return "ichor-3+2.efi"


def run(
    tmp_path: Path,
    installer: FakeInstaller | None,
    check: Callable[[Node], Awaitable[None]],
    state: Memory | None = None,
    images: FakeImages | None = None,
    quorum: FakeQuorum | None = None,
) -> None:
    images, state = images or LayeredImages(), state or Memory(CLOCK.now)
    operations = Operations(state, EventLog(CLOCK.now, b"12345"))
    service = LifecycleService(
        {"system": images},
        "/hosts",
        installer,
        operations,
        Aside(),
        Departure(operations, quorum or FakeQuorum()),
        Verification(state, HttpRegistries(), NoSigner()),
    )

    async def main() -> None:
        async with serving(tmp_path, service.handlers()) as node:
            await check(node)

    asyncio.run(main())


async def told(node: Node) -> list[str | int]:
    answers = node.stream("Upgrade", REQUEST, ANSWER, service=SERVICE)
    progress = [one.progress async for one in answers]
    return [one.message or one.exit_code for one in progress]


def test_an_upgrade_is_told_to_its_end(tmp_path: Path) -> None:
    installer = FakeInstaller()
    installer.may_go_on.set()

    async def check(node: Node) -> None:
        assert await told(node) == ["first", "second", 0]
        assert await told(node) == ["first", "second", 0]

    run(tmp_path, installer, check)


@pytest.mark.parametrize("error", [InputError("another's"), Conflict("no slot"), OSError(28, "x")])
def test_what_fails_says_why_and_ends_by_another_code(tmp_path: Path, error: Exception) -> None:
    installer = FakeInstaller(error)
    installer.may_go_on.set()

    async def check(node: Node) -> None:
        assert await told(node) == ["first", f"failed: {error}", 1]

    run(tmp_path, installer, check)


def test_only_one_image_is_written_at_a_time(tmp_path: Path) -> None:
    installer = FakeInstaller()

    async def check(node: Node) -> None:
        first = node.stream("Upgrade", REQUEST, ANSWER, service=SERVICE)
        assert (await anext(first)).progress.message == "first"
        with pytest.raises(RpcError) as error:
            await told(node)
        refused(error.value, Code.FAILED_PRECONDITION, "another image is being written")
        with pytest.raises(RpcError) as error:
            await node.call("Rollback", pb.RollbackRequest(), pb.RollbackResponse)
        refused(error.value, Code.FAILED_PRECONDITION, "another image is being written")
        installer.may_go_on.set()
        assert [one.progress.message async for one in first] == ["second", ""]
        assert await told(node) == ["first", "second", 0]

    run(tmp_path, installer, check)
    assert installer.ended == 2


def test_the_older_upgrade_pulls_writes_and_reboots_in_one_call(tmp_path: Path) -> None:
    state, images, installer = Memory(CLOCK.now), LayeredImages(), FakeInstaller()
    installer.may_go_on.set()

    async def check(node: Node) -> None:
        request = pb.UpgradeRequest(image=SOURCE.image_name, force=True)
        await node.call("Upgrade", request, pb.UpgradeResponse)
        reply = await node.call("Upgrade", request, pb.UpgradeResponse)
        assert actor_of(reply) in {one.id for one in find_all(state, Operation)}

    run(tmp_path, installer, check, state, images)
    assert images.names == [SOURCE.image_name]
    assert installer.ended == 2
    assert [one.spec.sequence for one in find_all(state, Operation)] == ["reboot"] * 2


def test_a_staged_upgrade_is_pulled_and_checked_and_left_to_the_next_start(tmp_path: Path) -> None:
    state, images, installer = Memory(CLOCK.now), LayeredImages(), FakeInstaller()

    async def check(node: Node) -> None:
        request = pb.UpgradeRequest(image=SOURCE.image_name, stage=True, force=True)
        reply = await node.call("Upgrade", request, pb.UpgradeResponse)
        assert "staged" in reply.messages[0].ack
        assert actor_of(reply) in {one.id for one in find_all(state, Operation)}

    run(tmp_path, installer, check, state, images)
    assert images.names == [SOURCE.image_name]
    assert (installer.staged, installer.ended) == (1, 0)
    assert [one.spec.sequence for one in find_all(state, Operation)] == ["reboot"]


def test_what_cannot_be_staged_is_refused_at_once(tmp_path: Path) -> None:
    state, installer = Memory(CLOCK.now), FakeInstaller(InputError("is not signed"))

    async def check(node: Node) -> None:
        request = pb.UpgradeRequest(image=SOURCE.image_name, stage=True, force=True)
        with pytest.raises(RpcError) as error:
            await node.call("Upgrade", request, pb.UpgradeResponse)
        refused(error.value, Code.INVALID_ARGUMENT, "is not signed")

    run(tmp_path, installer, check, state)
    assert not find_all(state, Operation)


def test_the_older_upgrade_asks_whether_etcd_can_do_without_the_machine(tmp_path: Path) -> None:
    state, installer = Memory(CLOCK.now), FakeInstaller()
    installer.may_go_on.set()

    async def check(node: Node) -> None:
        request = pb.UpgradeRequest(image=SOURCE.image_name)
        with pytest.raises(RpcError) as error:
            await node.call("Upgrade", request, pb.UpgradeResponse)
        refused(error.value, Code.FAILED_PRECONDITION, "two members")
        assert installer.ended == 0
        request.force = True
        await node.call("Upgrade", request, pb.UpgradeResponse)

    run(tmp_path, installer, check, state, quorum=FakeQuorum("two members"))
    (asked,) = find_all(state, Operation)
    assert asked.spec.parameters == {"force": "false", "drain": "true"}


def test_an_older_upgrade_that_fails_does_not_reboot(tmp_path: Path) -> None:
    quorum = FakeQuorum()
    state, installer = Memory(CLOCK.now), FakeInstaller(InputError("another's"))
    installer.may_go_on.set()

    async def check(node: Node) -> None:
        request = pb.UpgradeRequest(image=SOURCE.image_name)
        with pytest.raises(RpcError) as error:
            await node.call("Upgrade", request, pb.UpgradeResponse)
        refused(error.value, Code.INVALID_ARGUMENT, "another's")

    run(tmp_path, installer, check, state, quorum=quorum)
    assert not find_all(state, Operation)
    assert (len(quorum.claims), quorum.released) == (1, 1)  # or no control plane goes for a while


def test_a_rollback_reboots(tmp_path: Path) -> None:
    state = Memory(CLOCK.now)

    async def check(node: Node) -> None:
        await node.call("Rollback", pb.RollbackRequest(), pb.RollbackResponse)

    run(tmp_path, FakeInstaller(), check, state)
    assert [one.spec.sequence for one in find_all(state, Operation)] == ["reboot"]


def test_a_rollback_to_nothing_does_not(tmp_path: Path) -> None:
    state = Memory(CLOCK.now)

    async def check(node: Node) -> None:
        with pytest.raises(RpcError) as error:
            await node.call("Rollback", pb.RollbackRequest(), pb.RollbackResponse)
        refused(error.value, Code.FAILED_PRECONDITION, "no other image")

    run(tmp_path, FakeInstaller(Conflict("there is no other image")), check, state)
    assert not find_all(state, Operation)


def test_a_container_has_no_image_of_its_own_to_change(tmp_path: Path) -> None:
    async def check(node: Node) -> None:
        with pytest.raises(RpcError) as error:
            await told(node)
        refused(error.value, Code.FAILED_PRECONDITION, IN_CONTAINER)
        with pytest.raises(RpcError) as error:
            await node.call("Rollback", pb.RollbackRequest(), pb.RollbackResponse)
        refused(error.value, Code.FAILED_PRECONDITION, IN_CONTAINER)
        with pytest.raises(RpcError) as error:
            await node.call("Upgrade", pb.UpgradeRequest(), pb.UpgradeResponse)
        refused(error.value, Code.FAILED_PRECONDITION, IN_CONTAINER)

    run(tmp_path, None, check)


@pytest.mark.parametrize("namespace", ["NS_UNKNOWN", "NS_CRI"])
def test_a_namespace_that_is_not_there_is_refused(tmp_path: Path, namespace: str) -> None:
    async def check(node: Node) -> None:
        other = common_pb2.ContainerdInstance(namespace=namespace)
        request = pb.LifecycleServiceUpgradeRequest(containerd=other, source=SOURCE)
        answers = node.stream("Upgrade", request, ANSWER, service=SERVICE)
        with pytest.raises(RpcError) as error:
            await anext(answers)
        refused(error.value, Code.INVALID_ARGUMENT, "NS_SYSTEM")

    run(tmp_path, FakeInstaller(), check)


async def installed(node: Node, image: str, disk: str = "/dev/vda") -> list[str | int]:
    request = pb.LifecycleServiceInstallRequest(
        source=pb.InstallArtifactsSource(image_name=image),
        destination=pb.InstallDestination(disk=disk),
    )
    answers = node.stream("Install", request, pb.LifecycleServiceInstallResponse, service=SERVICE)
    progress = [one.progress async for one in answers]
    return [one.message or one.exit_code for one in progress]


def test_an_installation_is_told_to_its_end(tmp_path: Path) -> None:
    async def check(node: Node) -> None:
        assert await installed(node, "") == ["first", 0]
        assert await installed(node, INSTALLER) == ["first", 0]

    run(tmp_path, FakeInstaller(), check)


def test_an_installation_that_fails_says_why(tmp_path: Path) -> None:
    error = Conflict("disk vda holds something else")

    async def check(node: Node) -> None:
        assert await installed(node, "") == ["first", f"failed: {error}", 1]

    run(tmp_path, FakeInstaller(error), check)


def test_what_no_medium_can_install_is_refused(tmp_path: Path) -> None:
    async def check(node: Node) -> None:
        for image, disk, said in (
            ("a.example/b:1", "/dev/vda", f"installs what it carries, {INSTALLER}"),
            ("", "", "a disk to install to is expected"),
        ):
            with pytest.raises(RpcError, match=said):
                await installed(node, image, disk)

    run(tmp_path, FakeInstaller(), check)


def test_a_container_is_not_installed(tmp_path: Path) -> None:
    async def check(node: Node) -> None:
        with pytest.raises(RpcError, match=IN_CONTAINER):
            await installed(node, "")

    run(tmp_path, None, check)


def test_an_image_that_rules_refuse_is_not_written_though_it_is_here(tmp_path: Path) -> None:
    installer, state = FakeInstaller(), Memory(CLOCK.now)
    rule = ImageVerificationRule(image_pattern="a.example/**", deny=True)
    state.create(resource(rule, "0000"))

    async def check(node: Node) -> None:
        with pytest.raises(RpcError) as caught:
            await told(node)
        refused(caught.value, Code.FAILED_PRECONDITION, "denied by rule 'a.example/**'")
        old = pb.UpgradeRequest(image=SOURCE.image_name, force=True)
        with pytest.raises(RpcError) as caught:
            await node.call("Upgrade", old, pb.UpgradeResponse)
        refused(caught.value, Code.FAILED_PRECONDITION, "denied by rule 'a.example/**'")
        assert installer.ended == 0

    run(tmp_path, installer, check, state)
