"""The Kubernetes adapter, the flags and files of kube-apiserver and all bootstrap manifests,
against a real kube-apiserver and etcd on the loopback."""

import asyncio
import base64
import contextlib
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import aclosing
from pathlib import Path

import msgspec
import pytest
from tests.peers.authority import Authority, public_pem
from tests.peers.components import component

from ichor.controllers.k8s import (
    apiserver,
    apiserver_files,
    controller_manager,
    kubelet_args,
    kubelet_config,
    manifest_access,
    manifest_dns,
    manifest_proxy,
    manifests,
    scheduler,
)
from ichor.controllers.k8s.manifest_apply import plan
from ichor.errors import Conflict, InputError, NotFound, TransientError
from ichor.formats.jsonvalue import Object, at, objs, texts
from ichor.peers.http1 import Origin, Pool, Request
from ichor.peers.kube import Access, KubeClient
from ichor.peers.kube_manifests import INVENTORY, KubeManifests
from ichor.peers.pem import Identity
from ichor.ports.kube import Key, Kind, Patch, Ref, Select

pytestmark = pytest.mark.cluster
NODE, CONFIG = Kind("v1", "Node"), Kind("v1", "ConfigMap")
ROOT_CA = Ref(CONFIG, "kube-root-ca.crt", "default")


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class Server:
    """An API server with our own flags and files, moved below a directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.authority = Authority()
        self.port, client, peer = free_port(), free_port(), free_port()
        self.etcd = f"http://127.0.0.1:{client}"
        self.processes: list[subprocess.Popen[bytes]] = []
        self._write()
        peers = f"http://127.0.0.1:{peer}"
        self.run(
            component("etcd"),
            [
                *("etcd", f"--data-dir={directory}/etcd", "--unsafe-no-fsync"),
                *(f"--listen-client-urls={self.etcd}", f"--advertise-client-urls={self.etcd}"),
                *(f"--listen-peer-urls={peers}", f"--initial-advertise-peer-urls={peers}"),
                f"--initial-cluster=default={peers}",
            ],
        )
        self.run(component("kube"), self._command())

    def client(self, **more: object) -> KubeClient:
        certificate, key = self.authority.issue("admin", "system:masters")
        access = Access(
            origin=Origin(host="127.0.0.1", port=self.port),
            ca=self.authority.certificate,
            identity=Identity(certificate=certificate, key=key),
        )
        return KubeClient(access, watch_s=int(str(more.get("watch_s", 290))))

    def close(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()

    def _command(self) -> list[str]:
        pod = apiserver.render(
            apiserver.Inputs(
                image="x",
                local_port=self.port,
                etcd_servers=(self.etcd,),
                service_cidrs=("10.96.0.0/12",),
                service_account_issuers=("https://127.0.0.1:6443",),
                extra_args={"bind-address": ["127.0.0.1"], "advertise-address": ["192.0.2.1"]},
            )
        )
        command = texts(objs(pod, "spec", "containers")[0], "command")
        return self.moved(command)

    def moved(self, command: Sequence[str]) -> list[str]:
        """Give a command line with its directories below ours."""
        moved = ("/system/", "/var/log/")
        return [
            next((item.replace(p, f"{self.directory}{p}") for p in moved if p in item), item)
            for item in command
        ]

    def _write(self) -> None:
        secrets = self.directory / apiserver.SECRETS[1:]
        config = self.directory / apiserver.CONFIG[1:]
        (self.directory / apiserver.AUDIT_LOG[1:]).mkdir(parents=True)
        secrets.mkdir(parents=True)
        config.mkdir(parents=True)
        for name in ("ca", "aggregator-ca", "etcd-client-ca"):
            (secrets / f"{name}.crt").write_bytes(self.authority.certificate)
        for name in ("front-proxy-client", "etcd-client", "apiserver-kubelet-client", "apiserver"):
            certificate, key = self.authority.issue(name, "system:masters")
            (secrets / f"{name}.crt").write_bytes(certificate)
            (secrets / f"{name}.key").write_bytes(key)
        (secrets / "service-account.key").write_bytes(self.authority.key)
        (secrets / "service-account.pub").write_bytes(public_pem(self.authority.key))
        encryption = apiserver_files.old_encryption(
            secretbox="AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
        )
        (secrets / "encryptionconfig.yaml").write_bytes(msgspec.json.encode(encryption))
        anonymous: Object = {
            "anonymous": {"enabled": True, "conditions": [{"path": "/livez"}, {"path": "/readyz"}]}
        }
        files = apiserver_files.render(apiserver_files.Inputs(authentication=anonymous))
        for name, item in files.items():
            (config / name).write_bytes(msgspec.json.encode(item))

    def run(self, program: Path, args: list[str]) -> None:
        with (self.directory / f"{args[0]}.log").open("wb") as log:
            process = subprocess.Popen(
                args, executable=program, stdout=log, stderr=log, start_new_session=True
            )
        self.processes.append(process)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    directory = Path(tempfile.mkdtemp(prefix="ichor-kube-"))
    running = Server(directory)
    try:
        asyncio.run(until_ready(running))
        yield running
    finally:
        running.close()
        shutil.rmtree(directory)


async def until_ready(server: Server) -> None:
    kube = server.client()
    try:
        async with asyncio.timeout(120):
            while not await kube.ready():
                if server.processes[1].poll() is not None:
                    raise AssertionError(
                        (server.directory / "kube-apiserver.log").read_text()[-3000:]
                    )
                await asyncio.sleep(0.3)
    finally:
        await kube.close()


def node(name: str) -> Object:
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}}


def config(name: str, **data: str) -> Object:
    metadata: Object = {"name": name, "namespace": "default"}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def test_objects_live_through_all_verbs(server: Server) -> None:
    async def check() -> None:
        kube = server.client()
        ref = Ref(CONFIG, "c", "default")
        made = await kube.create(config("c", a="1"), manager="ichor")
        assert at(made, "metadata", "managedFields") is not None
        with pytest.raises(Conflict):
            await kube.create(config("c"))
        changed = await kube.patch(ref, {"data": {"b": "2"}})
        assert changed["data"] == {"a": "1", "b": "2"}
        stale = {**config("c", a="3"), "metadata": made["metadata"]}
        with pytest.raises(Conflict):
            await kube.update(stale)
        applied = await kube.apply(config("c", a="9"), manager="talos")
        assert at(applied, "data", "a") == "9"
        with pytest.raises(Conflict):
            await kube.apply(config("c", a="8"), manager="other", force=False)
        with pytest.raises(InputError):
            await kube.create(config("Not A Name"))
        await kube.delete(ref)
        with pytest.raises(NotFound):
            await kube.get(ref)
        await kube.create(node("n"))
        labels: Object = {"metadata": {"labels": {"node-role.kubernetes.io/control-plane": ""}}}
        await kube.patch(Ref(NODE, "n"), labels, Patch.STRATEGIC)
        status: Object = {"status": {"addresses": [{"type": "InternalIP", "address": "10.5.0.2"}]}}
        await kube.patch(Ref(NODE, "n"), status, Patch.STRATEGIC, subresource="status")
        seen = await kube.list(NODE, Select(labels="node-role.kubernetes.io/control-plane"))
        assert objs(seen.items[Key("", "n")], "status", "addresses")[0]["address"] == "10.5.0.2"
        await kube.delete(Ref(NODE, "n"))
        await kube.close()

    asyncio.run(check())


def test_a_watch_follows_for_longer_than_the_server_lets_it_live(server: Server) -> None:
    async def check() -> None:
        kube = server.client(watch_s=1)
        select = Select(namespace="default", fields="metadata.name=w")
        async with asyncio.timeout(60), aclosing(kube.watch(CONFIG, select)) as watch:
            assert (await anext(watch)).items == {}
            for number in range(3):
                coming = asyncio.ensure_future(anext(watch))
                await asyncio.sleep(1.3)  # the watch before has ended meanwhile
                await kube.apply(config("w", n=str(number)), manager="t")
                item = (await coming).items[Key("default", "w")]
                assert at(item, "data", "n") == str(number)
            await kube.delete(Ref(CONFIG, "w", "default"))
            assert (await anext(watch)).items == {}
        await kube.close()

    asyncio.run(check())


def test_without_a_certificate_there_is_no_way_in(server: Server) -> None:
    async def check() -> None:
        access = Access(
            origin=Origin(host="127.0.0.1", port=server.port), ca=server.authority.certificate
        )
        kube = KubeClient(access)
        assert await kube.ready()
        with pytest.raises(TransientError, match="401"):
            await kube.get_path("/api/v1/nodes")
        await kube.close()
        foreign = Authority()
        wrong = KubeClient(Access(origin=access.origin, ca=foreign.certificate))
        with pytest.raises(TransientError, match="CERTIFICATE_VERIFY_FAILED"):
            await wrong.get_path("/version")
        await wrong.close()

    asyncio.run(check())


def wanted() -> list[Object]:
    rendered = manifests.render(
        manifests.Inputs(
            server="https://127.0.0.1:7445",
            bootstrap_token=manifest_access.Token(id="abcdef", secret="0123456789abcdef"),
            proxy=manifest_proxy.Inputs(image="p:1", pod_cidrs=("10.244.0.0/16",)),
            dns=manifest_dns.Inputs(
                image="d:1", service_ips=kubelet_config.dns_addresses(("10.96.0.0/12",))
            ),
            api_access=True,
        )
    )
    users: list[Object] = [
        {
            "apiVersion": "talos.dev/v1alpha1",
            "kind": "ServiceAccount",
            "metadata": {"name": "one", "namespace": "default"},
            "spec": {"roles": ["os:reader"]},
        }
    ]
    return users + [item for items in rendered.values() for item in items]


async def apply_all(kube: KubeClient, items: list[Object]) -> int:
    """Apply as the engine would: again after what time cures."""
    port, created = KubeManifests(kube), 0
    async with asyncio.timeout(60):
        while True:
            actions = list(plan(items, await port.observe(items)))
            if not actions:
                return created
            with contextlib.suppress(TransientError):
                for action in actions:
                    await port.apply(action)
                    created += 1
            await asyncio.sleep(0.1)


def test_every_bootstrap_manifest_is_accepted_and_a_deleted_one_stays_deleted(
    server: Server,
) -> None:
    async def check() -> None:
        kube = server.client()
        items = wanted()
        assert await apply_all(kube, items) >= len(items) + 1
        service = await kube.get(Ref(Kind("v1", "Service"), "kube-dns", "kube-system"))
        assert at(service, "spec", "clusterIP") == "10.96.0.10"
        daemons = Ref(Kind("apps/v1", "DaemonSet"), "kube-proxy", "kube-system")
        await kube.delete(daemons)
        assert await apply_all(kube, items) == 0
        with pytest.raises(NotFound):
            await kube.get(daemons)
        inventory = await kube.get(INVENTORY)
        assert "kube-system_kube-proxy_apps_DaemonSet" in json.dumps(inventory["data"])
        await kube.close()

    asyncio.run(check())


def kubeconfig(server: Server, file: Path) -> None:
    certificate, key = server.authority.issue("admin", "system:masters")
    cluster: Object = {
        "server": f"https://127.0.0.1:{server.port}",
        "certificate-authority-data": base64.b64encode(server.authority.certificate).decode(),
    }
    user: Object = {
        "client-certificate-data": base64.b64encode(certificate).decode(),
        "client-key-data": base64.b64encode(key).decode(),
    }
    document: Object = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": cluster}],
        "users": [{"name": "u", "user": user}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
    }
    file.write_bytes(msgspec.json.encode(document))


def test_controller_manager_and_scheduler_become_healthy_with_our_flags(server: Server) -> None:
    kcm_port, scheduler_port = str(free_port()), str(free_port())
    secrets = server.directory / controller_manager.SECRETS[1:]
    for directory in (controller_manager.SECRETS, scheduler.SECRETS, scheduler.CONFIG):
        (server.directory / directory[1:]).mkdir(parents=True)
        kubeconfig(server, server.directory / directory[1:] / "kubeconfig")
    (secrets / "ca.crt").write_bytes(server.authority.certificate)
    (secrets / "ca.key").write_bytes(server.authority.key)
    (secrets / "service-account.key").write_bytes(server.authority.key)
    written = msgspec.json.encode(scheduler.config_file({})).decode()
    moved = written.replace("/system/", f"{server.directory}/system/")
    (server.directory / scheduler.CONFIG[1:] / "scheduler-config.yaml").write_text(moved)
    kcm = controller_manager.render(
        controller_manager.Inputs(
            image="x",
            pod_cidrs=("10.244.0.0/16",),
            service_cidrs=("10.96.0.0/12",),
            extra_args={"secure-port": [kcm_port]},
        )
    )
    args = {"secure-port": [scheduler_port]}
    sched = scheduler.render(scheduler.Inputs(image="x", extra_args=args))
    for pod in (kcm, sched):
        command = texts(objs(pod, "spec", "containers")[0], "command")
        server.run(component("kube"), server.moved(command))

    async def check() -> None:
        for port, path in ((kcm_port, "/healthz"), (scheduler_port, "/readyz")):
            pool = Pool(Origin(host="127.0.0.1", port=int(port)), unverified())
            async with asyncio.timeout(60):
                while await status(pool, path) != 200:
                    assert [p.poll() for p in server.processes] == [None] * 4
                    await asyncio.sleep(0.2)
            await pool.close()
        kube = server.client()
        async with asyncio.timeout(60):
            while not await found(kube, ROOT_CA):  # noqa: ASYNC110 - its time, not ours
                await asyncio.sleep(0.2)
        await kube.close()

    asyncio.run(check())


def unverified() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


async def status(pool: Pool, path: str) -> int:
    try:
        return (await pool.fetch(Request(method="GET", target=path))).status
    except TransientError:
        return 0


async def found(kube: KubeClient, ref: Ref) -> bool:
    try:
        await kube.get(ref)
    except NotFound:
        return False
    return True


def test_kube_proxy_reads_its_configuration_as_we_meant_it(tmp_path: Path) -> None:
    rendered = manifest_proxy.configuration(
        manifest_proxy.Inputs(image="x", pod_cidrs=("10.244.0.0/16",), restrict_oom=True)
    )
    source, target = tmp_path / "in", tmp_path / "out"
    source.write_bytes(msgspec.json.encode(rendered))
    command = ["kube-proxy", f"--config={source}", f"--write-config-to={target}"]
    subprocess.run(command, executable=component("kube"), timeout=60, capture_output=True)
    read = target.read_text()
    for line in ("mode: nftables", "clusterCIDR: 10.244.0.0/16", "maxPerCore: 0"):
        assert line in read


def test_the_kubelet_accepts_its_configuration_and_flags(tmp_path: Path) -> None:
    rendered = kubelet_config.render(
        kubelet_config.Inputs(
            cluster_dns=("10.96.0.10",),
            static_pod_url="http://127.0.0.1:1",
            cgroup_v1=True,
            restrict_oom=True,
            control_plane=True,
            taints={"node-role.kubernetes.io/control-plane": "NoSchedule"},
        )
    )
    (tmp_path / "ca.crt").write_bytes(Authority().certificate)
    moved = {
        "/etc/kubernetes/pki/ca.crt": str(tmp_path / "ca.crt"),
        "/run/containerd/": f"{tmp_path}/",
        "/var/lib/kubelet": f"{tmp_path}/kubelet",
        "/etc/kubernetes/": f"{tmp_path}/",
    }

    def move(line: str) -> str:
        for old, new in moved.items():
            line = line.replace(old, new)
        return line

    (tmp_path / "kubelet.yaml").write_text(move(msgspec.json.encode(rendered).decode()))
    inputs = kubelet_args.Inputs(
        nodename="n1", node_ips=("10.5.0.2",), extra_args={"root-dir": [f"{tmp_path}/root"]}
    )
    args = [move(arg) for arg in kubelet_args.render(inputs)]
    (tmp_path / "bootstrap-kubeconfig").write_text("")
    ended = subprocess.run(
        ["kubelet", *args], executable=component("kube"), timeout=60, capture_output=True, text=True
    )
    said = ended.stderr.splitlines()[-1]
    assert ended.returncode == 1
    # It read all of it, and failed at the first thing that is not there: the bootstrap kubeconfig.
    assert "bootstrap" in said, ended.stderr[-3000:]


def test_a_server_that_dies_is_a_transient_error(server: Server) -> None:
    async def check() -> None:
        kube = server.client()
        async with asyncio.timeout(30), aclosing(kube.watch(NODE)) as watch:
            await anext(watch)
            coming = asyncio.ensure_future(anext(watch))
            await asyncio.sleep(0.2)
            os.kill(server.processes[1].pid, signal.SIGKILL)
            with pytest.raises(TransientError):
                await coming
        with pytest.raises(TransientError):
            await kube.get(Ref(NODE, "n"))
        await kube.close()

    asyncio.run(check())
