"""The Kubernetes adapter, the flags and files of kube-apiserver and all bootstrap manifests,
against a real kube-apiserver and etcd on the loopback."""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path

import msgspec
import pytest
from tests.peers.authority import Authority, public_pem
from tests.peers.components import component

from ichor.controllers.k8s import (
    apiserver,
    apiserver_files,
    kubelet_config,
    manifest_access,
    manifest_dns,
    manifest_proxy,
    manifests,
)
from ichor.controllers.k8s.manifest_apply import plan
from ichor.errors import Conflict, InputError, NotFound, TransientError
from ichor.formats.jsonvalue import Object, at, objs, texts
from ichor.peers.http1 import Origin
from ichor.peers.kube import Access, KubeClient
from ichor.peers.kube_manifests import INVENTORY, KubeManifests
from ichor.peers.pem import Identity
from ichor.ports.kube import Key, Kind, Patch, Ref, Select

pytestmark = pytest.mark.cluster
NODE, CONFIG = Kind("v1", "Node"), Kind("v1", "ConfigMap")


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
        self._run(
            component("etcd"),
            [
                *("etcd", f"--data-dir={directory}/etcd", "--unsafe-no-fsync"),
                *(f"--listen-client-urls={self.etcd}", f"--advertise-client-urls={self.etcd}"),
                *(f"--listen-peer-urls={peers}", f"--initial-advertise-peer-urls={peers}"),
                f"--initial-cluster=default={peers}",
            ],
        )
        self._run(component("kube"), self._command())

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

    def _run(self, program: Path, args: list[str]) -> None:
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
