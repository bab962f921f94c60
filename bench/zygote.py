"""Three toy daemons: forked from the zygote against exec'ed apart; PSS in kB, start in ms.

    sudo PYTHONPATH=src:. .venv/bin/python bench/zygote.py

Each daemon runs an idle asyncio loop with the stack that ours share. Prints one JSON object.
"""

import asyncio
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ichor.linux.clock import KernelClock
from ichor.linux.launch import Launcher
from ichor.linux.process import Reaper, become_subreaper
from ichor.linux.services import Supervisor
from ichor.ports.service import Start, Stop
from ichor.resources.runtime.service_spec import Daemon, ServiceSpec
from ichor.testing.cgroup import FakeCgroups

STACK = ("asyncio", "ssl", "msgspec", "h2.connection", "yaml", "google.protobuf.message")
DAEMONS = 3
STARTS = 15


def idle(arguments: tuple[str, ...]) -> int:
    for name in STACK:
        __import__(name)

    async def live() -> None:
        print("ready", flush=True)
        await asyncio.Event().wait()

    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    asyncio.run(live())
    return 0


def memory(pids: list[int]) -> dict[str, int]:
    total = {"Pss": 0, "Private_Dirty": 0}
    for pid in pids:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            name, _, rest = line.partition(":")
            if name in total:
                total[name] += int(rest.split()[0])
    return {f"{name.lower()}_kb": value for name, value in total.items()}


async def started(supervisor: Supervisor, name: str) -> float:
    grown, log = asyncio.Event(), supervisor.log_file(name)
    log.on_grown = grown.set
    begin = time.perf_counter()
    program = Daemon(entry="bench.zygote:idle")
    await supervisor.apply(Start(spec=ServiceSpec(id=name, program=program, log=name)))
    await grown.wait()
    return (time.perf_counter() - begin) * 1000


async def forked(launcher: Launcher, logs: Path) -> dict[str, object]:
    reaper = Reaper()
    supervisor = Supervisor(
        launcher=launcher, reaper=reaper, cgroups=FakeCgroups(), clock=KernelClock(), logs=logs
    )
    launcher.start(reaper)
    reaper.start()
    await started(supervisor, "warm")  # the zygote has finished its imports then
    await supervisor.apply(Stop(id="warm"))
    times = []
    for _ in range(STARTS):
        times.append(await started(supervisor, "timed"))
        await supervisor.apply(Stop(id="timed"))
    for number in range(DAEMONS):
        await started(supervisor, f"daemon{number}")
    pids = [service.pid for service in supervisor.observe().values() if service.pid]
    result = {**memory([launcher.pid, *pids]), "each": [memory([pid]) for pid in pids]}
    await supervisor.stop_all()
    await launcher.stop()
    return {**result, "start_ms_median": round(statistics.median(times), 1)}


def executed() -> dict[str, object]:
    times, processes = [], []
    code = "import bench.zygote as z; z.idle(())"
    for _ in range(DAEMONS):
        begin = time.perf_counter()
        process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        times.append((time.perf_counter() - begin) * 1000)
        processes.append(process)
    result = memory([process.pid for process in processes])
    for process in processes:
        process.kill()
        process.communicate()
    return {**result, "start_ms_median": round(statistics.median(times), 1)}


def main() -> None:
    become_subreaper()
    launcher = Launcher.fork((*STACK, "bench.zygote"))
    with tempfile.TemporaryDirectory() as logs:
        zygote = asyncio.run(forked(launcher, Path(logs)))
    print(json.dumps({"zygote": zygote, "exec": executed(), "load": os.getloadavg()[0]}))


if __name__ == "__main__":
    main()
