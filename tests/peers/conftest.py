"""A containerd that runs for the tests of a file, in namespaces of its own."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.peers.components import compiled, component

PROGRAM = r"""
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
int main(int n, char **a) {
  printf("out %d %s %s\n", (int)getuid(), getenv("FROM"), getenv("OURS"));
  fflush(stdout);
  fprintf(stderr, "err\n");
  if (n > 1 && !strcmp(a[1], "stay")) for (;;) pause();
  if (n > 1 && !strcmp(a[1], "write")) {
    FILE *f = fopen("/data/x", "w");
    if (!f) return 9;
    fputs("w", f);
    fclose(f);
  }
  return n > 2 ? atoi(a[2]) : 0;
}
"""
CONFIG = """
version = 3
root = "{0}/root"
state = "{0}/state"
oom_score = 0
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.cri.v1.images",
  "io.containerd.cri.v1.runtime", "io.containerd.nri.v1.nri", "io.containerd.internal.v1.tracing",
  "io.containerd.tracing.processor.v1.otlp"]
[grpc]
  address = "{0}/c.sock"
[ttrpc]
  address = "{0}/c.sock.ttrpc"
"""


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """Give the directory of a running containerd."""
    names = ("containerd", "containerd-shim-runc-v2", "runc")
    path = ":".join([*(str(component(name).parent) for name in names), os.environ["PATH"]])
    directory = Path(tempfile.mkdtemp(prefix="ichor-cd-"))
    compiled(PROGRAM, directory / "program")
    (directory / "config.toml").write_text(CONFIG.format(directory))
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(
            [
                *("unshare", "-mpi", "--fork", "--mount-proc", "--kill-child"),
                *("--propagation=private", "sh", "-c"),
                # runc and the shims keep state below /run, whatever the configuration says.
                "mount -t tmpfs tmpfs /run && "
                f"while :; do containerd --config {directory}/config.toml; done",
            ],
            env={"PATH": path},
            stdout=log,
            stderr=log,
        )
    (directory / "pid").write_text(str(process.pid))
    try:
        yield directory
    finally:
        process.kill()
        process.wait()
        remove_cgroups(f"ichor-test-{directory.name}")
        shutil.rmtree(directory)


def remove_cgroups(name: str) -> None:
    """Remove what runc made; busy as long as the killed processes are still ending."""
    roots = list(Path("/sys/fs/cgroup").glob(f"**/{name}"))
    groups = [inner for root in roots for inner in sorted(root.rglob("*/"), reverse=True)] + roots
    for group in groups:
        for _ in range(200):
            try:
                group.rmdir()
            except OSError:
                time.sleep(0.05)
            else:
                break
