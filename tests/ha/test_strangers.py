"""Who comes with a foreign CA or a wrong token is told so, and changes nothing on the cluster.

The node of a cluster is made a stranger: its disk is emptied but for images, and its configuration
changed where nodes of a cluster agree. At the end it is itself again.
"""

import asyncio
import base64
import os
import shutil
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest
from tests.ha import living
from tests.ha.living import Living, host_writer, until
from tests.ha.test_survival import BACK_S, all_well, named, nothing_is_lost

from ichor.config import bundle
from ichor.formats.jsonvalue import Object, text
from ichor.formats.yaml.values import load
from ichor.formats.yaml.write import dump
from ichor.ports.kube import Kind, Ref
from ichor.provision import control, record
from ichor.provision.control import Verb
from ichor.provision.record import Node
from ichor.resources.cluster.affiliate import Member
from ichor.resources.runtime.diagnostic import Diagnostic

pytestmark = [pytest.mark.cluster, pytest.mark.root]
CSR = Kind("certificates.k8s.io/v1", "CertificateSigningRequest")
SECRET = Kind("v1", "Secret")
Documents = list[dict[str, object]]
Change = Callable[[Documents], None]
OTHERS = bundle.generate(now=datetime(2026, 1, 1, tzinfo=UTC), entropy=os.urandom)


def part(document: dict[str, object], *path: str) -> dict[str, object]:
    for key in path:
        document = cast("dict[str, object]", document[key])
    return document


def wrong_tokens(documents: Documents) -> None:
    main = documents[0]
    part(main, "machine")["token"] = OTHERS.trustd.token.reveal()
    part(main, "cluster")["token"] = OTHERS.secrets.bootstrap.reveal()


def foreign_os_ca(documents: Documents) -> None:
    wrong_kubernetes_token(documents)
    part(documents[0], "machine", "ca")["crt"] = encoded(OTHERS.certs.os.crt)


def wrong_kubernetes_token(documents: Documents) -> None:
    part(documents[0], "cluster")["token"] = OTHERS.secrets.bootstrap.reveal()


def foreign_etcd_ca(documents: Documents) -> None:
    pair = OTHERS.certs.etcd
    part(documents[0], "cluster", "etcd")["ca"] = {
        "crt": encoded(pair.crt),
        "key": encoded(pair.key.reveal()),
    }


def encoded(pem: str) -> str:
    return base64.b64encode(pem.encode()).decode()


@contextmanager
def estranged(node: Node, change: Change) -> Generator[Path]:
    """Run a node as a stranger; gives its console log, of this life and of those before."""
    directory = record.node_directory(node.cluster, node.name)
    userdata = directory / "userdata"
    own = userdata.read_text()
    documents = cast("Documents", list(load(own)))
    change(documents)
    console = directory / record.CONSOLE
    try:
        control.call(directory, Verb.CUT)
        forget(directory)
        userdata.write_text("".join(f"---\n{dump(each)}" for each in documents))  # type: ignore[arg-type]
        control.call(directory, Verb.START)
        yield console
    finally:
        control.call(directory, Verb.CUT)
        forget(directory)
        userdata.write_text(own)
        control.call(directory, Verb.START)


def forget(directory: Path) -> None:
    """Empty a node's disks, but for its images."""
    for path in (
        *directory.glob("state/*"),
        *directory.glob("var/*"),
        *directory.glob("var/lib/*"),
    ):
        if path.is_symlink() or path.is_file():
            path.unlink()
        elif path.name not in {"lib", "containerd"}:
            shutil.rmtree(path)


async def collection(cluster: Living, kind: Kind) -> Mapping[str, Object]:
    client = cluster.through(cluster.forwarders()[0])
    try:
        return {key.name: item for key, item in (await client.list(kind)).items.items()}
    finally:
        await client.close()


def standing(cluster: Living) -> Mapping[str, object]:
    """Give what a stranger must not change."""

    async def ask() -> Mapping[str, object]:
        first = cluster.planes[0]
        nodes, requests, secrets = await asyncio.gather(
            *(collection(cluster, kind) for kind in (living.NODE, CSR, SECRET))
        )
        return {
            "etcd": await living.members(cluster, first),
            "members": sorted(await living.resources(cluster, first, Member)),
            "nodes": {name: text(item, "metadata", "uid") for name, item in nodes.items()},
            "requests": sorted(requests),
            "secrets": sorted(secrets),
        }

    return asyncio.run(ask())


def says(console: Path, words: str) -> None:
    async def heard() -> str:
        said = await asyncio.to_thread(console.read_text, errors="replace")
        return "" if words in said else f"no {words!r} yet"

    until(heard, BACK_S)


def without(cluster: Living, node: Node) -> None:
    """Have the cluster forget a node, and wait until it has."""
    control.call(record.node_directory(node.cluster, node.name), Verb.CUT)

    async def remove() -> None:
        client = cluster.through(cluster.forwarders()[0])
        try:
            await client.delete(Ref(living.NODE, node.name))
        finally:
            await client.close()

    asyncio.run(remove())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param(wrong_tokens, "the join token is missing or wrong", id="wrong-token"),
        pytest.param(foreign_os_ca, "certificate verify failed", id="foreign-ca"),
    ],
)
def test_a_strange_worker_is_refused_and_told_why(
    cluster: Living, change: Change, words: str
) -> None:
    until(all_well(cluster), BACK_S)
    node = named(cluster, "worker-1")
    without(cluster, node)
    before = standing(cluster)
    assert node.name not in cast("Mapping[str, str]", before["nodes"])
    writer = host_writer(cluster, "stranger")
    with living.writing(writer):
        with estranged(node, change) as console:
            says(console, words)
            after = standing(cluster)
        wall = time.time()
    assert after == before
    until(all_well(cluster, since=wall), BACK_S)
    nothing_is_lost(cluster, writer)


def test_a_control_plane_that_etcd_does_not_trust_is_refused_and_told_why(cluster: Living) -> None:
    until(all_well(cluster), BACK_S)
    node = named(cluster, "controlplane-3")
    before = standing(cluster)
    writer = host_writer(cluster, "distrusted")
    with living.writing(writer):
        with estranged(node, foreign_etcd_ca):

            async def told() -> str:
                found = await living.resources(cluster, node, Diagnostic)
                return "" if "etcd-distrust" in found else f"diagnostics {sorted(found)}"

            until(told, BACK_S)
            after = standing(cluster)
        wall = time.time()
    # It holds Kubernetes' CA and is a node like any other: only etcd has reason to refuse it.
    assert {**after, "requests": []} == {**before, "requests": []}
    until(all_well(cluster, since=wall), BACK_S)
    nothing_is_lost(cluster, writer)
