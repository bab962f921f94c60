"""A host of its own for the pull test: run under `unshare --net --mount`, prints what it saw.

    node netns ── hub netns ── this netns (the host) ── netns "world", where a registry listens

    python -m tests.cluster.pull_world NAME DIRECTORY

Nodes begin without an image. Their configuration names upstream's, and one mirror for all
registries, which is in the world: with a CA of its own, for holders of a certificate, by password.
One line a finding; the test asserts on them.
"""

import json
import os
import socket
import ssl
import sys
from datetime import UTC, datetime, timedelta
from http.client import HTTPSConnection
from pathlib import Path

import yaml
from pyroute2 import IPRoute
from tests.apps.layouts import rename
from tests.cluster.outside import PASSWORD, USER, Outside, serving
from tests.cluster.whole import Whole, destroyed_after
from tests.provision.egress_world import FORWARDING, WORLD, world

from ichor.config.versions import IMAGE_NAMES, image
from ichor.image.build import artifacts
from ichor.image.imagecache import create
from ichor.linux.libc import mount
from ichor.pki.issue import Pair, issue_pair, make_ca
from ichor.pki.leaf import BOTH, Algorithm, Leaf
from ichor.provision import egress, inventory, network, record
from ichor.provision import name as names
from ichor.provision.syscalls import network_namespace

PORT = 5000
HOST = f"{WORLD}:{PORT}"
YEAR = timedelta(days=365)
PULLED = [name for name in IMAGE_NAMES if name != "testtool"]


def upstream(directory: Path) -> Path:
    """Make a cache of what we built under the names that it has in pull mode."""
    create(directory, artifacts().layout, [image(name) for name in PULLED])
    rename(directory, {image(name): image(name, "pull") for name in PULLED})
    return directory


def documents(ca: Pair, client: Pair) -> str:
    told: list[dict[str, object]] = [
        {
            "kind": "RegistryMirrorConfig",
            "name": "*",
            "endpoints": [{"url": f"https://{HOST}"}],
            "skipFallback": True,
        },
        {
            "kind": "RegistryTLSConfig",
            "name": HOST,
            "ca": ca.certificate,
            "clientIdentity": {"cert": client.certificate, "key": client.key},
        },
        {"kind": "RegistryAuthConfig", "name": HOST, "username": USER, "password": PASSWORD},
    ]
    return yaml.safe_dump_all([{"apiVersion": "v1alpha1", **each} for each in told])


def context(directory: Path, ca: Pair, server: Pair) -> ssl.SSLContext:
    for name, text in {"ca": ca.certificate, "crt": server.certificate, "key": server.key}.items():
        (directory / name).write_text(text)
    made = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=directory / "ca")
    made.load_cert_chain(directory / "crt", directory / "key")
    made.verify_mode = ssl.CERT_REQUIRED
    return made


def issued(ca: Pair, name: str) -> Pair:
    leaf = Leaf(common_name=name, sans=(WORLD,), usages=BOTH, lifetime=YEAR)
    return issue_pair(ca, Algorithm.P256, leaf, now=now(), entropy=os.urandom)


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def dialled(cluster: str) -> str:
    """Dial the world from a cluster's node."""
    node = record.load(cluster).nodes[0]
    with network_namespace(names.namespace(cluster, node.name)):
        client = socket.socket()
    client.settimeout(5)
    with client:
        try:
            client.connect((WORLD, PORT))
        except OSError as err:
            return str(err)
    return "reached"


def look(whole: Whole, server: Outside) -> None:
    ready = whole.kubectl("get", "nodes", "-o", "jsonpath={.items[*].status.conditions[-1:].type}")
    print("node", ready)
    found = json.loads(whole.kubectl("get", "pods", "-A", "-o", "json"))["items"]
    used = {each["image"] for pod in found for each in pod["spec"]["containers"]}
    print("pods", json.dumps(sorted(used)))
    print("clients", sorted({client for client, _ in server.served}))
    asked = {
        f"{path.split('?ns=')[1]}/{path.split('/manifests/')[0].removeprefix('/v2/')}"
        for _, path in server.served
        if "/manifests/v" in path or "/manifests/3" in path
    }
    print("asked", json.dumps(sorted(asked)))
    print("refused", len(server.refused))


def asks(ca: Pair, client: Pair | None, directory: Path) -> str:
    """Ask the registry as one without a password, with or without a certificate."""
    made = ssl.create_default_context(cadata=ca.certificate)
    if client is not None:
        (directory / "client").write_text(client.certificate + client.key)
        made.load_cert_chain(directory / "client")
    connection = HTTPSConnection(WORLD, PORT, context=made, timeout=10)
    try:
        connection.request("GET", "/v2/")
        return str(connection.getresponse().status)
    except (ssl.SSLError, ConnectionError):
        return "refused"
    finally:
        connection.close()


def left(changes: list[str], name: str) -> list[str]:
    """Give what differs and is ours; mounts of others, who come and go meanwhile, are seen too."""
    ours = [line for line in changes if line[2:].startswith(("links", "tables", "sysctls"))]
    return ours + [line for line in changes if line[2:].startswith("mounts") and name in line]


def run(whole: Whole, directory: Path) -> None:
    ca = make_ca("outside", Algorithm.P256, now=now(), entropy=os.urandom, lifetime=YEAR)
    patch = directory / "patch.yaml"
    client = issued(ca, "node")
    patch.write_text(documents(ca, client))
    with network_namespace(world()):
        sock = socket.create_server((WORLD, PORT))
    tls = context(directory, ca, issued(ca, "outside"))
    server = Outside(sock, upstream(directory / "upstream"), tls)
    bare = Whole(f"{whole.name}-in", directory)
    with serving(server), destroyed_after(whole), destroyed_after(bare):
        before = inventory.snapshot()
        words = ["create", "--workers", "0", "--subnet", "10.7.52.0/24", "--no-wait"]
        bare.run(*bare.argv(*words, "--skip-injecting-config"), seconds=200)
        print("without a way out:", dialled(bare.name))
        words = ["create", "--workers", "0", "--subnet", "10.7.51.0/24", "--wait-timeout", "6m"]
        words += ["--images", "pull", "--egress", "--config-patch", str(patch)]
        print(whole.run(*whole.argv(*words), seconds=400), file=sys.stderr)
        print("with one:", dialled(whole.name))
        print("table", names.table(whole.name) in egress.tables())
        look(whole, server)
        print("without the password:", asks(ca, client, directory))
        print("without a certificate:", asks(ca, None, directory))
        whole.destroy()
        bare.destroy()
        print("left", left(inventory.compare(before, inventory.snapshot()), whole.name))
        print("forwarding", FORWARDING.read_text().strip())


def main() -> None:
    name, directory = sys.argv[1], Path(sys.argv[2])
    mount("tmpfs", "/run", "tmpfs")
    FORWARDING.write_text("0\n")
    with IPRoute() as host:
        host.link("set", index=network.index(host, "lo"), state="up")
    whole = Whole(name, directory)
    os.environ["ICHOR_STATE"] = whole.environment["ICHOR_STATE"]
    run(whole, directory)


if __name__ == "__main__":
    main()
