"""A running node as an intruder finds it: what can be written, what our processes could do, what
the logs give away, and what the API says to strangers and to those who abuse it."""

import asyncio
import csv
import os
import re
import socket
import ssl
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from typing import cast

import pytest
from google.protobuf.empty_pb2 import Empty
from tests.cluster.lab import Lab

from ichor.config.container import Config
from ichor.config.decode import decode
from ichor.config.diff import secrets_of
from ichor.formats import mountinfo
from ichor.pki import issue
from ichor.pki.leaf import Algorithm, Leaf, Usage, os_client
from ichor.proto.common import common_pb2
from ichor.proto.cosi import resource_pb2
from ichor.proto.machine import machine_pb2 as pb
from ichor.proto.security import security_pb2
from ichor.provision import name as names
from ichor.provision.syscalls import network_namespace
from ichor.rpc.client import Channel
from ichor.rpc.method import method
from ichor.rpc.peer import TcpTarget
from ichor.rpc.status import Code, Pair, RpcError
from ichor.rpc.tls import ClientTls, Identity, client_context

pytestmark = [pytest.mark.cluster, pytest.mark.root]

TABLE = Path(__file__).with_name("writable.tsv")
DAEMONS = {"apid": 50, "trustd": 51, "registryd": 52}
VERSION = method(pb, "MachineService", "Version", Empty, pb.VersionResponse)
CERTIFY = method(
    security_pb2,
    "SecurityService",
    "Certificate",
    security_pb2.CertificateRequest,
    security_pb2.CertificateResponse,
)
READ = method(pb, "MachineService", "Read", pb.ReadRequest, common_pb2.Data)
RESET = method(pb, "MachineService", "Reset", pb.ResetRequest, pb.ResetResponse)
APPLY = method(
    pb,
    "MachineService",
    "ApplyConfiguration",
    pb.ApplyConfigurationRequest,
    pb.ApplyConfigurationResponse,
)
GET = method(resource_pb2, "State", "Get", resource_pb2.GetRequest, resource_pb2.GetResponse)
LIST = method(resource_pb2, "State", "List", resource_pb2.ListRequest, resource_pb2.ListResponse)


# -- the file system -----------------------------------------------------------------------------


def allowed() -> list[str]:
    with TABLE.open() as table:
        return [row["path"] for row in csv.DictReader(table, delimiter="\t")]


def test_only_what_the_table_allows_can_be_written(node: Lab) -> None:
    found = cast("list[tuple[str, str]]", node.probe("walk"))
    patterns = allowed()
    writable = [path for kind, path in found if kind == "writable"]
    rogue = [p for p in writable if not any(fnmatchcase(p, one) for one in patterns)]
    below = ("/proc/sys/", "/proc/irq/", "/proc/bus/", "/proc/fs/")
    rogue += [p for p in writable if p.startswith(below) and not p.startswith("/proc/sys/net/")]
    assert rogue == []
    assert [one for one in patterns if not any(fnmatchcase(p, one) for p in writable)] == []
    assert [path for kind, path in found if kind in ("setuid", "shell")] == []


def test_mounts_have_the_flags_that_hold(node: Lab) -> None:
    entries = mountinfo.parse(Path(f"/proc/{node.init}/mountinfo").read_text())
    flags = {entry.target: set(entry.options) for entry in entries}
    strict = {"nosuid", "nodev", "noexec"}
    for target in ("/run", "/tmp", "/system", "/system/state", "/proc", "/sys", "/dev/shm"):
        assert strict <= flags[target], target
    for target in ("/etc/kubernetes", "/etc/cni"):
        assert strict <= flags[target], target
    assert {"ro", "nosuid", "nodev"} <= flags["/"]
    assert {"nosuid", "nodev"} <= flags["/var"]
    assert {"nosuid", "noexec"} <= flags["/dev"]
    assert {"ro"} <= flags["/proc/sys"]


# -- processes -----------------------------------------------------------------------------------


def status(pid: int) -> dict[str, str]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {key: value.strip() for key, _, value in (line.partition(":") for line in lines)}


@pytest.mark.parametrize("name", DAEMONS)
def test_a_daemon_that_faces_the_network_can_do_nothing_else(node: Lab, name: str) -> None:
    pid = node.processes()[name]
    held = status(pid)
    assert held["Uid"].split() == held["Gid"].split() == [str(DAEMONS[name])] * 4
    assert held["Groups"] == ""
    for kind in ("Inh", "Prm", "Eff", "Bnd", "Amb"):
        assert int(held[f"Cap{kind}"], 16) == 0, kind
    assert (held["NoNewPrivs"], held["Seccomp"]) == ("1", "2")
    groups = Path(f"/proc/{pid}/cgroup").read_text().splitlines()
    assert [
        line for line in groups if not line.endswith(f"/system/{name}") and line[0] != "0"
    ] == []
    links = {link.name: str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir()}
    kinds = {re.sub(r":?\[.*", "", target) for target in links.values()}
    assert kinds <= {"/dev/null", "pipe", "socket", "anon_inode"}, links


@pytest.mark.parametrize("name", DAEMONS)
def test_a_daemon_has_a_limit_on_its_memory(node: Lab, name: str) -> None:
    top = node.root / "sys/fs/cgroup"
    limits = [
        top / f"system/{name}/memory.max",
        top / f"memory/system/{name}/memory.limit_in_bytes",
    ]
    assert [int(path.read_text()) for path in limits if path.exists()] == [128 << 20]


def test_the_runtime_is_in_its_own_group(node: Lab) -> None:
    groups = Path(f"/proc/{node.processes()['containerd']}/cgroup").read_text().splitlines()
    assert [g for g in groups if not g.endswith("/podruntime/runtime") and g[0] != "0"] == []


SECRETS = "/system/secrets"


def secret_files(node: Lab) -> list[str]:
    top = node.root / SECRETS.lstrip("/")
    return [f"/{p.relative_to(node.root)}" for p in top.rglob("*") if p.is_file()]


@pytest.mark.parametrize(
    ("uid", "own"),
    [
        (50, ()),
        (51, ()),
        (53, ()),
        (60, ("etcd/",)),
        (65534, ("kubernetes/kube-apiserver/",)),
        (65535, ("kubernetes/kube-controller-manager/",)),
        (65536, ("kubernetes/kube-scheduler/",)),
    ],
)
def test_a_user_reads_its_own_secrets_and_no_others(
    node: Lab, uid: int, own: tuple[str, ...]
) -> None:
    files = secret_files(node)
    wanted = [f for f in files if f.startswith(tuple(f"{SECRETS}/{one}" for one in own))]
    state = [
        "/system/state",
        "/system/state/store.db",
        "/run/host/userdata",
        "/run/host/state/store.db",
        "/run/containerd/containerd.sock",
        "/etc/kubernetes/bootstrap-kubeconfig",
        "/var/lib/etcd",
    ]
    readable = node.probe("read", str(uid), *files, *state)
    assert readable == wanted


def configuration(node: Lab) -> Config:
    return decode((node.directory / "userdata").read_bytes(), file="userdata")


# -- what is told --------------------------------------------------------------------------------


def test_the_static_pods_are_told_to_the_kubelet_only(node: Lab) -> None:
    config = (node.root / "etc/kubernetes/kubelet.yaml").read_text()
    offered = re.search(r"staticPodURL\W+http://127\.0\.0\.1:(\d+)", config)
    assert offered is not None
    said = dict(cast("list[tuple[int, str]]", node.probe("loopback")))
    assert int(offered[1]) in said
    assert not [port for port, answer in said.items() if "PodList" in answer]


def test_no_log_tells_a_secret_of_the_configuration(node: Lab) -> None:
    config = configuration(node)
    secrets = {text.strip() for one in config.documents for text in secrets_of(one)}
    words = {w.encode() for text in secrets for w in (text, *text.splitlines()) if len(w) > 15}
    words = {word for word in words if not word.startswith(b"-----")}
    assert len(words) > 10
    for path in node.logs():
        text = path.read_bytes()
        assert not any(word in text for word in words), path


# -- the API -------------------------------------------------------------------------------------


def client(node: Lab, leaf: Leaf) -> ClientTls:
    """Give what somebody shows whose certificate our CA really issued."""
    main = configuration(node).main
    assert main is not None
    ca = issue.Pair(certificate=main.machine.ca.crt, key=main.machine.ca.key.reveal())
    key = issue.make_key(Algorithm.ED25519, os.urandom)
    now = datetime.now(UTC)
    certificate = issue.issue(ca, key.public_key(), leaf, now=now, entropy=os.urandom)
    identity = Identity(certificate.encode(), issue.pkcs8_pem(key).encode())
    return ClientTls(client_context(ca.certificate.encode(), identity))


def called(
    node: Lab,
    what: Callable[[Channel], Awaitable[object]],
    leaf: Leaf | None = None,
) -> Code:
    async def run() -> Code:
        link = node.channel(client(node, leaf) if leaf else None)
        try:
            await what(link)
        except RpcError as err:
            return err.code
        finally:
            await link.close()
        return Code.OK

    return asyncio.run(asyncio.wait_for(run(), 30))


def version(*metadata: Pair) -> Callable[[Channel], Awaitable[object]]:
    return lambda link: link.unary(VERSION, Empty(), metadata=metadata, timeout_s=10)


async def read_hosts(link: Channel) -> None:
    async with link.stream(READ) as call:
        await call.send(pb.ReadRequest(path="/etc/hosts"))
        await call.done()
        async for _ in call:
            pass


def reset(link: Channel) -> Awaitable[object]:
    return link.unary(RESET, pb.ResetRequest(), timeout_s=10)


def apply(data: bytes, *metadata: Pair) -> Callable[[Channel], Awaitable[object]]:
    request = pb.ApplyConfigurationRequest(data=data, mode=pb.ApplyConfigurationRequest.AUTO)
    return lambda link: link.unary(APPLY, request, metadata=metadata, timeout_s=20)


READER = os_client(("os:reader",))
ADMIN_CLAIM = ("talos-role", "os:admin")


def test_a_certificate_for_servers_too_is_refused(node: Lab) -> None:
    both = Leaf(
        common_name="eve",
        organizations=("os:admin",),
        usages=frozenset({Usage.CLIENT, Usage.SERVER}),
        lifetime=timedelta(hours=1),
    )
    assert called(node, version(), both) is Code.UNAUTHENTICATED


def test_a_role_that_does_not_exist_grants_nothing(node: Lab) -> None:
    assert called(node, version(), os_client(("os:king",))) is Code.PERMISSION_DENIED


@pytest.mark.parametrize("claim", [(), (ADMIN_CLAIM,), (ADMIN_CLAIM, ("proxyfrom", "x"))])
def test_a_reader_reads_no_files_and_changes_nothing(node: Lab, claim: tuple[Pair, ...]) -> None:
    denied = Code.PERMISSION_DENIED
    assert called(node, version(*claim), READER) is Code.OK
    assert called(node, read_hosts, READER) is denied
    assert called(node, reset, READER) is denied
    assert called(node, apply(b"", *claim), READER) is denied


def test_a_reader_sees_nothing_sensitive(node: Lab) -> None:
    def get(type: str, namespace: str, id: str) -> Callable[[Channel], Awaitable[object]]:
        request = resource_pb2.GetRequest(type=type, namespace=namespace, id=id)
        return lambda link: link.unary(GET, request, timeout_s=10)

    for wanted in (
        get("MachineConfigs.config.talos.dev", "config", "v1alpha1"),
        get("OSRootSecrets.secrets.talos.dev", "secrets", "os"),
        get("Certificates.ichor.dev", "secrets", "k8s-admin"),
        get("ServiceSpecs.ichor.dev", "runtime", "apid"),
    ):
        assert called(node, wanted, READER) is Code.PERMISSION_DENIED


@pytest.mark.parametrize("name", ["../x", "a b", "/run/x.sock", "x" * 300, "10.0.0.1:22"])
def test_a_node_that_is_no_host_is_not_dialled(node: Lab, name: str) -> None:
    assert called(node, version(("node", name))) is Code.INVALID_ARGUMENT


def test_an_expression_that_backtracks_holds_up_nobody(node: Lab) -> None:
    async def look(link: Channel) -> None:
        request = resource_pb2.ListRequest(namespace="runtime", type="Services.v1alpha1.talos.dev")
        request.options.id_query.regexp = "(([a-z]+)+)+[0-9]$"
        async with link.stream(LIST) as call:
            await call.send(request)
            await call.done()
            async for _ in call:
                pass

    assert called(node, look, READER) is not Code.DEADLINE_EXCEEDED
    assert called(node, version(), READER) is Code.OK


# -- memory --------------------------------------------------------------------------------------


def test_our_processes_fit_into_what_they_were_promised(node: Lab) -> None:
    def pss(pid: int) -> int:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        return int(re.findall(r"^Pss: +(\d+) kB", rollup, re.MULTILINE)[0])

    sizes = {name: pss(pid) for name, pid in node.processes().items()}
    print(sizes)
    assert sizes.pop("registryd") < 16 << 10  # only where there is a cache: no part of the promise
    runtime = sizes.pop("containerd")
    assert sum(sizes.values()) < 80 << 10, sizes
    assert sum(sizes.values()) + runtime < 130 << 10, sizes


# -- hostile bytes -------------------------------------------------------------------------------

BOMB = b"a: &a [x,x,x,x,x,x,x,x,x]\n" + b"".join(
    b"%c: &%c [*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c]\n" % (98 + i, 98 + i, *[97 + i] * 8)
    for i in range(20)
)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(BOMB, id="aliases"),
        pytest.param(b"[" * 100_000, id="deep"),
        pytest.param(b"a: " + b"x" * (30 << 20), id="huge"),
        pytest.param(b"\xff\xfe\x00\x01" * 4096, id="garbage"),
        pytest.param(b"- 1\n" * 500_000, id="many"),
    ],
)
def test_hostile_configurations_are_refused_and_cost_little(node: Lab, data: bytes) -> None:
    assert called(node, apply(data)) is Code.INVALID_ARGUMENT
    assert called(node, version()) is Code.OK
    assert private(node.init) < 160 << 10


def private(pid: int) -> int:
    """Give KiB that only this process has."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return sum(int(size) for size in re.findall(r"^Private_\w+: +(\d+) kB", rollup, re.MULTILINE))


def test_a_message_beyond_the_limit_is_refused(node: Lab) -> None:
    assert called(node, apply(b"x" * (33 << 20))) in (
        Code.RESOURCE_EXHAUSTED,
        Code.INTERNAL,
        Code.UNAVAILABLE,
    )
    assert called(node, version()) is Code.OK


def test_garbage_on_the_wire_ends_its_own_connection_only(node: Lab) -> None:
    before = node.processes()
    port = node.node.forward("api")
    for data in (
        b"GET / HTTP/1.1\r\n\r\n",
        os.urandom(4096),
        b"\x16\x03\x01\xff\xff" + b"\0" * 512,
    ):
        for _ in range(20):
            with socket.create_connection(("127.0.0.1", port), timeout=5) as link:
                link.sendall(data)
    idle = [socket.create_connection(("127.0.0.1", port), timeout=5) for _ in range(50)]
    assert called(node, version()) is Code.OK
    with_tls(node, port, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + os.urandom(4096))
    with_tls(node, port, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\xff\xff\xff\x00\x00\0\0\0\0")
    assert called(node, version()) is Code.OK
    for link in idle:
        link.close()
    after = node.processes()
    assert {name: after[name] for name in DAEMONS} == {name: before[name] for name in DAEMONS}


def with_tls(node: Lab, port: int, data: bytes) -> None:
    context = node.admin().context
    plain = socket.create_connection(("127.0.0.1", port), timeout=5)
    try:
        with context.wrap_socket(plain, server_hostname="127.0.0.1") as link:
            link.sendall(data)
            while link.recv(4096):
                pass
    except (ssl.SSLError, OSError):
        pass


@pytest.mark.parametrize("csr", [b"", b"\xff" * 100, b"-----BEGIN CERTIFICATE REQUEST-----\nAAAA"])
def test_trustd_refuses_what_is_no_request_whoever_asks(node: Lab, csr: bytes) -> None:
    main = configuration(node).main
    assert main is not None
    assert trusted(node, csr, main.machine.token.reveal()) is Code.INVALID_ARGUMENT
    assert trusted(node, csr, "abcdef.0000000000000000") is Code.UNAUTHENTICATED
    assert called(node, version()) is Code.OK


def trusted(node: Lab, csr: bytes, token: str) -> Code:
    tls = ClientTls(client_context(b"", insecure=True))
    request = security_pb2.CertificateRequest(csr=csr)

    async def run() -> Code:
        link = Channel(TcpTarget(node.node.address, 50001, tls))
        try:
            await link.unary(CERTIFY, request, metadata=[("token", token)], timeout_s=10)
        except RpcError as err:
            return err.code
        finally:
            await link.close()
        return Code.OK

    with network_namespace(names.hub(node.name)):
        return asyncio.run(asyncio.wait_for(run(), 30))
