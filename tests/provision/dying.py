"""Create or destroy a cluster and get a signal at the n-th thing done: dying.py VERB NAME ROOT N.

VERB: create or destroy, which get SIGKILL; command, which is `ichor cluster create` and Ctrl-C.
Every file opened, socket message, process and removal counts (audit events). Prints their number
and exits 0 if N is never reached.
"""

import os
import re
import signal
import sys
from pathlib import Path

import pyroute2  # noqa: F401 - imported before counting, as are its own lazy imports

from ichor.cli.main import main as ichor
from ichor.provision import record
from ichor.provision.containers import Containers
from ichor.provision.provisioner import Request, plan

COUNTED = ("open", "os.", "socket.", "subprocess.", "shutil.", "fcntl.")
# Looking around is not counted: how often depends on what else the machine runs.
LOOKS = re.compile(r"os\.(scandir|listdir)|open \('(/proc/\d+/|/sys/fs/cgroup.*cgroup.procs)")


class Counter:
    def __init__(self, limit: int, number: signal.Signals) -> None:
        self.armed = False
        self.seen = 0
        self._limit = limit
        self._signal = number

    def hook(self, event: str, args: tuple[object, ...]) -> None:
        # The record is what is written first: a command's checks before it are not counted.
        if event == "open" and ".cluster.json." in str(args[0]):
            self.armed = True
        if self.armed and event.startswith(COUNTED) and not LOOKS.match(f"{event} {args[:1]}"):
            self.seen += 1
            if self.seen == self._limit:
                os.kill(os.getpid(), self._signal)


def main(verb: str, name: str, root: str, limit: str) -> int:
    counter = Counter(int(limit), signal.SIGINT if verb == "command" else signal.SIGKILL)
    sys.addaudithook(counter.hook)
    store = Path(root).with_name("store")
    cluster = plan(Request(name=name, root=Path(root), store=store if store.exists() else None))
    counter.armed = verb != "command"
    if verb == "command":
        code = ichor(["cluster", "create", "--name", name, "--root", root, "--no-wait"])
        print(counter.seen)
        return code
    with record.locked(name):
        if verb == "create":
            for phase in Containers().create(cluster, {}):
                phase.action()
        else:
            Containers().destroy(name)
    counter.armed = False
    print(counter.seen)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
