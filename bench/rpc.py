"""What ichor.rpc costs: CPU per unary call and memory per idle connection.

    PYTHONPATH=src:. .venv/bin/python bench/rpc.py [PEER]

A server process of ours answers Echo over mutual TLS (P-256), over a unix socket and through our
proxy (TLS in, unix out). PEER is the Go peer of tests/interop: then its client calls, and its own
server is the 1.0 of the ratios. CPU is the server's (utime + stime).
"""

import asyncio
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from ichor.rpc.client import Channel
from ichor.rpc.context import Context
from ichor.rpc.peer import TcpTarget, UnixTarget
from ichor.rpc.proxy import Backend, One, Route, proxy
from ichor.rpc.server import Server
from ichor.rpc.tls import ClientTls, Identity, ServerTls, client_context, server_context

Figures = dict[str, float]


def read_identity(directory: Path) -> tuple[bytes, Identity]:
    names = ("ca.pem", "chain.pem", "key.pem")
    ca, chain, key = ((directory / name).read_bytes() for name in names)
    return ca, Identity(chain, key)


async def serve(kind: str, directory: Path) -> None:
    """Run one server until stdin ends; says its address on stdout."""
    from tests.rpc.echo import HANDLERS

    if kind == "proxy":
        backend = Channel(UnixTarget(str(directory / "unix")))

        async def direct(context: Context) -> Route:
            return One(Backend("b", backend, context.metadata))

        server = Server({}, unknown=proxy(direct), max_connections=4096)
    else:
        server = Server(HANDLERS, max_connections=4096)
    if kind == "unix":
        await server.listen_unix(str(directory / "unix"))
        print("unix", flush=True)
    else:
        ca, identity = read_identity(directory / "server")
        tls = ServerTls(server_context(identity, ca))
        print(await server.listen_tcp("127.0.0.1", 0, tls), flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await server.stop(0)


class Process:
    def __init__(self, *command: str) -> None:
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        self.address = self.process.stdout.readline().strip().split(":")[-1]

    def cpu_us(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")")[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") * 1e6

    def memory(self) -> Figures:
        text = Path(f"/proc/{self.process.pid}/smaps_rollup").read_text()
        found = dict(re.findall(r"^(Rss|Pss|Private_Dirty): +(\d+)", text, re.MULTILINE))
        return {name: float(value) for name, value in found.items()}

    def stop(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()


def go_client(peer: str, arguments: list[str], calls: int, at_once: int) -> list[str]:
    command = [peer, "bench", *arguments, "-n", str(calls), "-c", str(at_once)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout.split()


def calls_cost(server: Process, peer: str, arguments: list[str]) -> Figures:
    figures: Figures = {}
    for at_once, calls in ((1, 2000), (32, 6000)):
        go_client(peer, arguments, 300, at_once)
        before = server.cpu_us()
        words = go_client(peer, arguments, calls, at_once)
        figures[f"cpu_us_c{at_once}"] = round((server.cpu_us() - before) / calls, 1)
        for name, value in zip(words[::2], words[1::2], strict=True):
            figures[f"{name}_c{at_once}"] = float(value)
    return figures


async def idle_cost(server: Process, directory: Path, count: int) -> Figures:
    ca, identity = read_identity(directory / "client")
    tls = ClientTls(client_context(ca, identity))
    target = TcpTarget("127.0.0.1", int(server.address), tls)

    async def connect(number: int) -> list[Channel]:
        channels = [Channel(target) for _ in range(number)]
        for channel in channels:
            await channel.raw_unary("/test.Echo/Echo", b"")
        return channels

    warm = await connect(50)
    before = server.memory()
    channels = await connect(count)
    after = server.memory()
    for channel in (*warm, *channels):
        await channel.close()
    figures = {f"base_{name}_MiB": round(value / 1024, 1) for name, value in before.items()}
    for name, value in before.items():
        figures[f"idle_{name}_KiB"] = round((after[name] - value) / count, 1)
    return figures


def write_identities(directory: Path) -> None:
    from tests.rpc.pki import authority

    ca = authority("p256")
    leaves = {"server": ca.leaf("server"), "client": ca.leaf("admin", server=False)}
    for who, identity in leaves.items():
        (directory / who).mkdir()
        (directory / who / "ca.pem").write_bytes(ca.pem)
        (directory / who / "chain.pem").write_bytes(identity.chain)
        (directory / who / "key.pem").write_bytes(identity.key)


def main(peer: str | None) -> None:
    results: dict[str, Figures] = {}
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        write_identities(directory)
        ours = {
            kind: Process(sys.executable, __file__, "serve", kind, name)
            for kind in ("unix", "tls", "proxy")
        }
        results["idle"] = asyncio.run(idle_cost(ours["tls"], directory, 200))
        if peer is not None:
            tls = ["-tls", str(directory / "client"), "-to"]
            unix = ["-unix", str(directory / "unix")]
            for kind, server in ours.items():
                to = unix if kind == "unix" else [*tls, f"127.0.0.1:{server.address}"]
                results[kind] = calls_cost(server, peer, to)
            go = Process(peer, "serve", "-tls", str(directory / "server"))
            results["grpc-go"] = calls_cost(go, peer, [*tls, f"127.0.0.1:{go.address}"])
            go.stop()
        for server in ours.values():
            server.stop()
    print(json.dumps(results, indent=1))


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        asyncio.run(serve(sys.argv[2], Path(sys.argv[3])))
    else:
        main(sys.argv[1] if len(sys.argv) > 1 else None)
