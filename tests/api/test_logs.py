import asyncio
import logging
import os
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from google.protobuf.empty_pb2 import Empty
from hypothesis import given
from hypothesis import strategies as st
from tests.api.serving import memory, refused, serving

from ichor.api.dmesg import Dmesg
from ichor.api.machine.logs import LogService
from ichor.api.machine.tail import tail
from ichor.api.ring import LogRing
from ichor.cosi.resource import resource
from ichor.linux import notice
from ichor.log import fields
from ichor.proto.common import common_pb2
from ichor.proto.machine import machine_pb2 as pb
from ichor.resources.runtime.service_status import ServiceStatus
from ichor.rpc.status import Code, RpcError
from ichor.testing.clock import FakeClock

CLOCK = FakeClock()


async def never(directory: Path) -> AsyncGenerator[None, None]:
    yield


def service(directory: Path, ring: LogRing | None = None) -> LogService:
    state = memory()
    state.create(resource(ServiceStatus(state="Running"), "silent"))
    kept = ring or LogRing()
    return LogService(
        state, kept, directory, notice.changes, Dmesg(kept, None, CLOCK.now, CLOCK.monotonic)
    )


def record(text: str, **values: object) -> logging.LogRecord:
    made = logging.LogRecord("ichor.x", logging.INFO, "", 0, text, None, None)
    vars(made).update(fields(**values))
    return made


def tailed(path: Path, lines: int) -> bytes:
    async def run() -> bytes:
        return b"".join([piece async for piece in tail(path, lines, follow=False, changes=never)])

    return asyncio.run(run())


def logs(tmp_path: Path, request: pb.LogsRequest, ring: LogRing | None = None) -> bytes:
    async def run() -> bytes:
        async with serving(tmp_path, service(tmp_path, ring).handlers()) as node:
            stream = node.stream("Logs", request, common_pb2.Data)
            return b"".join([one.bytes async for one in stream])

    return asyncio.run(run())


@given(
    text=st.lists(st.text(alphabet="ab\n", max_size=30)).map("".join),
    lines=st.integers(min_value=0, max_value=20),
)
def test_the_last_lines_are_the_last_lines(
    text: str, lines: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("log") / "x.log"
    path.write_text(text)
    whole = text.splitlines(keepends=True)
    assert tailed(path, lines).decode() == "".join(whole[len(whole) - min(lines, len(whole)) :])


def test_all_of_a_log_begins_with_the_rotated_one(tmp_path: Path) -> None:
    (tmp_path / "x.log.1").write_text("1\n2\n")
    (tmp_path / "x.log").write_text("3\n4\n")
    assert tailed(tmp_path / "x.log", -1) == b"1\n2\n3\n4\n"
    assert tailed(tmp_path / "x.log", 3) == b"2\n3\n4\n"
    assert tailed(tmp_path / "x.log", 1) == b"4\n"


def test_a_long_log_is_read_from_its_end(tmp_path: Path) -> None:
    lines = [f"line {number}\n" for number in range(20_000)]
    (tmp_path / "x.log").write_text("".join(lines))
    assert tailed(tmp_path / "x.log", 5_000).decode() == "".join(lines[-5_000:])


def test_a_follower_hears_growth_and_goes_on_after_rotation(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    path.write_text("old\n")

    async def run() -> bytes:
        heard = b""
        source = tail(path, 0, follow=True, changes=notice.changes)
        reading = asyncio.ensure_future(anext(source))
        await asyncio.sleep(0)
        with path.open("a") as file:
            file.write("grown\n")
        heard += await reading
        reading = asyncio.ensure_future(anext(source))
        await asyncio.sleep(0)
        path.rename(tmp_path / "x.log.1")
        path.write_text("fresh\n")
        while not heard.endswith(b"fresh\n"):
            heard += await reading
            reading = asyncio.ensure_future(anext(source))
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        await source.aclose()  # type: ignore[attr-defined]
        return heard

    assert asyncio.run(asyncio.wait_for(run(), 5)) == b"grown\nfresh\n"


def test_a_log_of_a_service_is_its_file(tmp_path: Path) -> None:
    (tmp_path / "etcd.log").write_text("one\ntwo\n")
    assert logs(tmp_path, pb.LogsRequest(id="etcd", tail_lines=1)) == b"two\n"


def test_a_service_that_said_nothing_has_an_empty_log(tmp_path: Path) -> None:
    assert logs(tmp_path, pb.LogsRequest(id="silent", tail_lines=-1)) == b""


@pytest.mark.parametrize("id", ["none", "../secret", "", "link"])
def test_an_unknown_log_is_not_found(tmp_path: Path, id: str) -> None:
    (tmp_path / "link.log").symlink_to("/etc/passwd")
    with pytest.raises(RpcError) as caught:
        logs(tmp_path, pb.LogsRequest(id=id))
    refused(caught.value, Code.NOT_FOUND)


def test_a_container_of_a_pod_is_found_by_names(tmp_path: Path) -> None:
    folder = tmp_path / "pods" / "kube-system_coredns-1_uid" / "coredns"
    folder.mkdir(parents=True)
    (folder / "0.log").write_text("old\n")
    os.utime(folder / "0.log", (0, 0))
    (folder / "1.log").write_text("new\n")
    request = pb.LogsRequest(
        namespace="k8s.io", id="kube-system/coredns-1:coredns:abc", tail_lines=-1
    )
    assert logs(tmp_path, request) == b"new\n"


@pytest.mark.parametrize("id", ["coredns", "ns/pod", "ns/pod:../x"])
def test_a_name_that_is_no_container_is_refused(tmp_path: Path, id: str) -> None:
    with pytest.raises(RpcError) as caught:
        logs(tmp_path, pb.LogsRequest(namespace="k8s.io", id=id))
    assert caught.value.code in {Code.INVALID_ARGUMENT, Code.NOT_FOUND}


def test_machined_shows_its_own_last_lines(tmp_path: Path) -> None:
    ring = LogRing()
    for number in range(3):
        ring.emit(record(f"event {number}", service="apid"))
    shown = logs(tmp_path, pb.LogsRequest(id="machined", tail_lines=1), ring).decode()
    assert shown.endswith("INFO ichor.x event 2 service=apid\n")
    assert shown.count("\n") == 1


def test_the_ring_forgets_the_oldest_when_it_is_full() -> None:
    ring = LogRing(limit=1000)
    for number in range(100):
        ring.emit(record(f"event {number}"))
    kept = ring.since()
    assert sum(len(line.text) for line in kept) <= 1000
    assert kept[-1].text.endswith("event 99")
    assert ring.since(ring.last) == []


def test_a_follower_of_the_ring_hears_what_comes() -> None:
    ring = LogRing()

    async def run() -> str:
        source = ring.follow(ring.last)
        reading = asyncio.ensure_future(anext(source))
        await asyncio.sleep(0)
        ring.emit(record("now"))
        return (await reading).text

    assert asyncio.run(run()).endswith("now")


def test_known_logs_are_listed(tmp_path: Path) -> None:
    (tmp_path / "etcd.log").touch()

    async def run() -> pb.LogsContainersResponse:
        async with serving(tmp_path, service(tmp_path).handlers()) as node:
            return await node.call("LogsContainers", Empty(), pb.LogsContainersResponse)

    assert list(asyncio.run(run()).messages[0].ids) == ["controller-runtime", "etcd", "machined"]
