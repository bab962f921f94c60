"""The command `ichor`: sub-commands by name, each imported only when it is called.

Errors of the user's making end with one clear line and exit code 1; everything else is a bug and
shows its traceback.
"""

import os
import sys
from collections.abc import Sequence

import click

from ichor import __version__
from ichor.cli.lazy import LazyGroup
from ichor.cli.node import global_options
from ichor.errors import IchorError

# name: (module:attribute, help); the module is imported when the command runs or shows its help
COMMANDS: dict[str, tuple[str, str]] = {
    "apply-config": ("ichor.cli.apply_config:apply_config", "Apply a configuration to machines."),
    "attest": ("ichor.cli.attest:attest", "Have a machine show what it runs, and verify it."),
    "bootstrap": ("ichor.cli.kubernetes:bootstrap", "Begin etcd's cluster on one control plane."),
    "containers": ("ichor.cli.containers:containers", "List containers."),
    "copy": ("ichor.cli.files:copy", "Copy files from a machine."),
    "dashboard": ("ichor.cli.dashboard:dashboard", "Show what machines are and do."),
    "etcd": ("ichor.cli.etcd:etcd", "Look after etcd."),
    "events": ("ichor.cli.events:events", "Print what happens on machines."),
    "graph": ("ichor.apps.graph:graph", "Show the controllers and what is between them."),
    "health": ("ichor.cli.health:health", "Wait until a cluster is healthy."),
    "inspect": ("ichor.cli.inspect:inspect", "Look into a machine."),
    "install": ("ichor.cli.install:install", "Install from a boot medium to a disk."),
    "kubeconfig": ("ichor.cli.kubernetes:kubeconfig", "Get a kubeconfig."),
    "list": ("ichor.cli.files:list_", "List files."),
    "memory": ("ichor.cli.system:memory", "Show how memory is used."),
    "meta": ("ichor.cli.meta:meta", "Write values that outlive a configuration."),
    "mounts": ("ichor.cli.system:mounts", "List mounts."),
    "pcap": ("ichor.cli.pcap:pcap", "Show packets that pass a link of a machine."),
    "processes": ("ichor.cli.system:processes", "List processes."),
    "netstat": ("ichor.cli.netstat:netstat", "Show sockets of machines and pods."),
    "read": ("ichor.cli.files:read", "Print a file."),
    "reboot": ("ichor.cli.power:reboot", "Reboot machines."),
    "reseal": ("ichor.cli.reseal:reseal", "Have TPMs keep keys for the firmware there is now."),
    "reset": ("ichor.cli.power:reset", "Wipe machines."),
    "restart": ("ichor.cli.containers:restart", "Restart a container."),
    "rollback": ("ichor.cli.upgrade:rollback", "Have machines run the image before."),
    "shutdown": ("ichor.cli.power:shutdown", "Turn machines off."),
    "stats": ("ichor.cli.containers:stats", "Show what containers use."),
    "time": ("ichor.cli.system:time", "Show the time of machines."),
    "upgrade": ("ichor.cli.upgrade:upgrade", "Have machines run another image."),
    "usage": ("ichor.cli.files:usage", "Sum up sizes of directories."),
    "dmesg": ("ichor.cli.logs:dmesg", "Print the kernel's log."),
    "get": ("ichor.cli.get:get", "Get resources of machines."),
    "logs": ("ichor.cli.logs:logs", "Print the log of a service or container."),
    "service": ("ichor.cli.service:service", "List services, or start, stop, restart one."),
    "version": ("ichor.cli.version:version", "Print the version of this program and of machines."),
    "build": ("ichor.cli.build:build", "Make what clusters and images are made of."),
    "release": ("ichor.cli.release:release", "Sign all that was built, or check a release."),
    "cluster": ("ichor.cli.cluster:cluster", "Clusters on this host, their nodes in containers."),
    "config": ("ichor.cli.config:config", "Work with the client's configuration file."),
    "gen": ("ichor.cli.gen:gen", "Make secrets, configurations, keys and certificates."),
    "image": (
        "ichor.cli.image:image",
        "Images: what was built, caches of them, those of machines.",
    ),
    "machineconfig": ("ichor.cli.machineconfig:machineconfig", "Generate or patch configurations."),
    "mc": ("ichor.cli.machineconfig:machineconfig", "Short for machineconfig."),
    "validate": ("ichor.cli.validate:validate", "Check a machine configuration."),
    "discovery": ("ichor.apps.discoveryd.main:discovery", "run the discovery service"),
}

# Other names of commands, as of the interface's own client.
ALIASES: dict[str, str] = {
    "apply": "apply-config",
    "c": "containers",
    "cat": "read",
    "cp": "copy",
    "du": "usage",
    "free": "memory",
    "g": "get",
    "images": "image",
    "ls": "list",
    "m": "memory",
    "mount": "mounts",
    "p": "processes",
    "ps": "processes",
    "services": "service",
    "ss": "netstat",
    "tcpdump": "pcap",
}


@click.command(
    cls=LazyGroup,
    table=COMMANDS,
    aliases=ALIASES,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="ichor")
@global_options
def root() -> None:
    """Ichor: an operating system that does one thing, run Kubernetes."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; gives the exit code."""
    try:
        code = root.main(args=argv, standalone_mode=False, prog_name="ichor")
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as err:
        err.show()
        return err.exit_code
    except (click.Abort, KeyboardInterrupt):
        print("interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # Whoever reads us has seen enough; nothing must be flushed into the pipe at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except (IchorError, OSError) as err:
        print(f"error: {err}", file=sys.stderr)
        return 1
    return code if isinstance(code, int) else 0  # click gives Exit's code, not Exit
