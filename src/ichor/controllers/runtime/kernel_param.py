"""KernelParam: the kernel's parameters are as the system and the user want them.

    (table below)        ─► runtime/KernelParamDefaultSpec ─┐
    config/ActiveConfig  ─► runtime/KernelParamSpec        ─┴─► plan ─► SetParameter
                                                            ─► runtime/KernelParamStatus

The user's value wins. A default the kernel does not take is passed over; so is a user's value, and
its status says `unsupported`. Ids are paths with dots: `proc.sys.net.ipv4.ip_forward`.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated

from msgspec import Struct

from ichor.config.documents.sysctl import SysctlConfig
from ichor.cosi.controller import Actuator, All, Get, Out, Transform
from ichor.ports.sysctl import Attempt, Attempts, SetParameter
from ichor.resources.config.active import ID, ActiveConfig
from ichor.resources.runtime.kernel_param import (
    KernelParamDefaultSpec,
    KernelParamSpec,
    KernelParamStatus,
)

DEFAULTS = {
    "net.ipv4.ip_forward": "1",
    "net.ipv4.icmp_ignore_bogus_error_responses": "1",
    "net.ipv4.icmp_echo_ignore_broadcasts": "1",
    "net.ipv4.conf.all.send_redirects": "0",
    "net.ipv4.conf.default.send_redirects": "0",
    "net.ipv4.ip_local_reserved_ports": "50000,50001",
    "net.ipv6.conf.default.forwarding": "1",
    "net.ipv6.conf.default.accept_ra": "2",
    "net.ipv4.tcp_keepalive_time": "600",
    "net.ipv4.tcp_keepalive_intvl": "60",
    "kernel.panic": "10",
    "kernel.pid_max": "262144",
    "vm.overcommit_memory": "1",
    "fs.inotify.max_user_instances": "8192",
    "fs.aio-max-nr": "1048576",
}
# On a kernel of our own, besides: KSPP, and what kernel-hardening-checker adds (kernel/README.md).
HARDENED = {
    "dev.tty.ldisc_autoload": "0",
    "dev.tty.legacy_tiocsti": "0",
    "fs.protected_fifos": "2",
    "fs.protected_hardlinks": "1",
    "fs.protected_regular": "2",
    "fs.protected_symlinks": "1",
    "fs.suid_dumpable": "0",
    "kernel.ctrl-alt-del": "0",
    "kernel.dmesg_restrict": "1",
    # These, and two of the above, a kubelet with protectKernelDefaults refuses to be without.
    "kernel.keys.root_maxbytes": "25000000",
    "kernel.keys.root_maxkeys": "1000000",
    "kernel.panic_on_oops": "1",
    "vm.panic_on_oom": "0",
    "kernel.kptr_restrict": "2",
    "kernel.oops_limit": "100",
    "kernel.perf_event_paranoid": "3",
    "kernel.randomize_va_space": "2",
    "kernel.unprivileged_bpf_disabled": "1",
    "kernel.unprivileged_userns_clone": "0",
    "kernel.warn_limit": "100",
    "kernel.yama.ptrace_scope": "2",
    "net.bridge.bridge-nf-call-ip6tables": "1",
    "net.bridge.bridge-nf-call-iptables": "1",
    "net.core.bpf_jit_harden": "2",
    "net.ipv4.conf.all.accept_redirects": "0",
    "net.ipv4.conf.all.accept_source_route": "0",
    "net.ipv4.conf.default.accept_redirects": "0",
    "net.ipv4.conf.default.accept_source_route": "0",
    "net.ipv6.conf.all.accept_redirects": "0",
    "net.ipv6.conf.all.accept_source_route": "0",
    "net.ipv6.conf.default.accept_redirects": "0",
    "net.ipv6.conf.default.accept_source_route": "0",
    "user.max_user_namespaces": "0",
    "vm.unprivileged_userfaultfd": "0",
}
_PORTS = "proc.sys.net.ipv4.ip_local_reserved_ports"


class ConfigInputs(Struct, frozen=True, kw_only=True):
    config: Annotated[ActiveConfig | None, Get("config", ID)] = None


def defaults(inputs: ConfigInputs) -> Iterator[tuple[str, KernelParamDefaultSpec]]:
    """Give the defaults, with or without a configuration."""
    yield from _specs(DEFAULTS)


def machine_defaults(inputs: ConfigInputs) -> Iterator[tuple[str, KernelParamDefaultSpec]]:
    """Give the defaults of a node that has the kernel for itself."""
    yield from _specs(DEFAULTS | HARDENED)


def _specs(table: Mapping[str, str]) -> Iterator[tuple[str, KernelParamDefaultSpec]]:
    for key, value in table.items():
        yield f"proc.sys.{key}", KernelParamDefaultSpec(value=value, ignore_errors=True)


def wishes(inputs: ConfigInputs) -> Iterator[tuple[str, KernelParamSpec]]:
    document = inputs.config.value.one(SysctlConfig) if inputs.config else None
    for key, value in document.params.items() if document else ():
        yield id_of(key), KernelParamSpec(value=value)


def id_of(key: str) -> str:
    """Give the id of a parameter however it is written (sysctl.d(5)).

    Where slashes separate, a dot is part of a name, and stands as a slash when dots separate.
    """
    dot, slash = key.find("."), key.find("/")
    if slash >= 0 and (dot < 0 or slash < dot):
        key = ".".join(part.replace(".", "/") for part in key.split("/"))
    return f"proc.sys.{key.removeprefix('proc.sys.')}"


class Inputs(Struct, frozen=True, kw_only=True):
    defaults: Annotated[Mapping[str, KernelParamDefaultSpec], All("runtime")] = {}
    wanted: Annotated[Mapping[str, KernelParamSpec], All("runtime")] = {}


def plan(inputs: Inputs, tried: Mapping[str, Attempt]) -> Iterator[SetParameter]:
    for id, value in values(inputs).items():
        attempt = tried.get(id)
        is_held = attempt is not None and is_same(id, value, attempt.current)
        is_refused = attempt is not None and attempt.refused == value
        if not is_held and not is_refused:
            yield SetParameter(key=id, value=value)


def values(inputs: Inputs) -> Mapping[str, str]:
    held = {id: spec.value for id, spec in inputs.defaults.items()}
    return held | {id: spec.value for id, spec in inputs.wanted.items()}


def is_same(id: str, value: str, current: str) -> bool:
    """Compare as the kernel means it: blanks are one, and lists of ports are sets."""
    if id == _PORTS:
        return ports(value) == ports(current)
    return " ".join(value.split()) == current


def ports(text: str) -> set[int] | str:
    """Give the ports of `1,2,5-7`; the text itself if it is none."""
    found: set[int] = set()
    try:
        for part in filter(None, text.split(",")):
            first, _, last = part.partition("-")
            found.update(range(int(first), int(last or first) + 1))
    except ValueError:
        return text
    return found


def report(inputs: Inputs, tried: Mapping[str, Attempt]) -> Iterator[tuple[str, KernelParamStatus]]:
    for id, value in values(inputs).items():
        attempt = tried.get(id, Attempt())
        default = inputs.defaults.get(id, KernelParamDefaultSpec())
        is_refused = attempt.refused == value and not is_same(id, value, attempt.current)
        yield (
            id,
            KernelParamStatus(
                current=attempt.current, default=default.value, unsupported=is_refused
            ),
        )


kernel_param_defaults = Transform(
    name="runtime.KernelParamDefaults",
    inputs=ConfigInputs,
    outputs=[Out(KernelParamDefaultSpec)],
    reconcile=defaults,
)
kernel_param_machine_defaults = Transform(
    name="runtime.KernelParamDefaults",
    inputs=ConfigInputs,
    outputs=[Out(KernelParamDefaultSpec)],
    reconcile=machine_defaults,
)
kernel_param_config = Transform(
    name="runtime.KernelParamConfig",
    inputs=ConfigInputs,
    outputs=[Out(KernelParamSpec)],
    reconcile=wishes,
)


def kernel_param_apply(port: Attempts) -> Actuator[Inputs, Mapping[str, Attempt], SetParameter]:
    return Actuator(
        name="runtime.KernelParamApply",
        inputs=Inputs,
        observe=port.observe,
        plan=plan,
        apply=port.apply,
        outputs=[Out(KernelParamStatus)],
        report=report,
    )
