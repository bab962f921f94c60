"""A cluster of one node: create time by phase, memory by process, bytes by part of its root.

    sudo PYTHONPATH=src .venv/bin/python bench/cluster.py [--json FILE]

Memory is read IDLE_S after the node is healthy, from smaps_rollup: `pss` shares a page among those
who map it, so that the sum counts every page once (as long as no other cluster runs from the same
image); `private` is what would be free without the process. Text on stdout, JSON into the file.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from ichor.image import tools
from ichor.image.build import artifacts
from ichor.image.cache import Cache, default_root
from ichor.image.inspect import inspect
from ichor.provision import cgroup
from ichor.provision import name as names

NAME = f"bench-{os.getpid()}"
IDLE_S = 20
PROGRAM = "import sys; from ichor.cli.main import main; sys.exit(main(sys.argv[1:]))"
PHASE = re.compile(r"^(\S.*?) +(\d+\.\d+) s$")
# What is ours, besides containerd: interpreters, by the name they give themselves.
OURS = ("machined", "zygote", "apid", "trustd", "registryd", "signer")


@dataclass(frozen=True)
class Process:
    name: str
    pid: int
    pss_kb: int
    private_kb: int


def command(*words: str) -> str:
    argv = [sys.executable, "-c", PROGRAM, *words]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{words}: {done.stdout}{done.stderr}")
    return done.stdout


def name_of(pid: int) -> str:
    words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    first = os.fsdecode(words[0]).rpartition("/")[2]
    if b"/sbin/init" in words:
        inside = Path(f"/proc/{pid}/status").read_text().split("NSpid:")[1].splitlines()[0].split()
        return "machined" if inside[1:] == ["1"] else first
    return first


def memory(name: str) -> list[Process]:
    """Give the processes of the node, the largest first."""
    found: list[Process] = []
    tops = [top / f"{name}-controlplane-1" for top in cgroup.find(names.cgroup(name))]
    for pid in cgroup.processes(tops):
        try:
            text = Path(f"/proc/{pid}/smaps_rollup").read_text()
            sizes = {k: int(v) for k, v in re.findall(r"^(\w+): +(\d+) kB", text, re.MULTILINE)}
            private = sizes["Private_Clean"] + sizes["Private_Dirty"]
            found.append(Process(name_of(pid), pid, sizes["Pss"], private))
        except (OSError, KeyError):  # ended meanwhile, or a zombie
            continue
    return sorted(found, key=lambda each: -each.pss_kb)


def summed(processes: Sequence[Process]) -> Mapping[str, int]:
    ours = sum(each.pss_kb for each in processes if each.name in OURS)
    shims = sum(each.pss_kb for each in processes if "shim" in each.name)
    runtime = sum(each.pss_kb for each in processes if each.name == "containerd")
    total = sum(each.pss_kb for each in processes)
    return {
        "python": ours,
        "containerd": runtime,
        "python_and_containerd": ours + runtime,
        "shims": shims,
        "all": total,
    }


def measure() -> tuple[Mapping[str, float], list[Process]]:
    with tempfile.TemporaryDirectory(prefix="ichor-bench-") as home:
        os.environ |= {"KUBECONFIG": f"{home}/kubeconfig", "TALOSCONFIG": f"{home}/talosconfig"}
        words = ("--name", NAME, "--workers", "0", "--subnet", "10.6.9.0/24")
        try:
            lines = command("cluster", "create", *words).splitlines()
            phases = {found[1]: float(found[2]) for line in lines if (found := PHASE.match(line))}
            time.sleep(IDLE_S)
            return phases, memory(NAME)
        finally:
            command("cluster", "destroy", "--name", NAME)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", type=Path, default=Path("build/bench/cluster.json"))
    target = parser.parse_args().json
    report = inspect(artifacts(), tools.unsquashfs(Cache(default_root())))
    phases, processes = measure()
    print(f"{'PHASE':<26}{'SECONDS':>10}")
    for name, seconds in phases.items():
        print(f"{name:<26}{seconds:>10.2f}")
    print(f"\n{'PROCESS':<26}{'PSS kB':>10}{'PRIVATE kB':>12}")
    for each in processes:
        print(f"{each.name:<26}{each.pss_kb:>10}{each.private_kb:>12}")
    sums = summed(processes)
    for name, size in sums.items():
        print(f"{'sum ' + name:<26}{size:>10}")
    print(f"\n{'PART OF THE ROOT':<26}{'FILES':>6}{'RAW kB':>10}{'PACKED kB':>10}")
    for part, weight in report.parts.items():
        print(f"{part:<26}{weight.files:>6}{weight.raw // 1024:>10}{weight.packed // 1024:>10}")
    print(f"squashfs {report.squashfs} bytes, {len(report.executables)} executables")
    target.parent.mkdir(parents=True, exist_ok=True)
    document = {
        "phases": phases,
        "processes": [asdict(each) for each in processes],
        "pss_kb": sums,
        "image": json.loads(report.json()),
    }
    target.write_text(json.dumps(document, indent=2) + "\n")
    print(f"wrote {target}")


if __name__ == "__main__":
    main()
