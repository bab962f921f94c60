"""The summary: what a node is, how its part of Kubernetes is, how it is reached."""

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Interface, ip_interface
from typing import Final

from ichor.dashboard.lines import Line, Span, Style, beside, padded
from ichor.dashboard.seen import Component, Facts

_LABEL: Final = 20  # "controller-manager" and more
_NARROW: Final = 80  # below: one column
_NONE: Final = "n/a"


def summary(facts: Facts, columns: int) -> Iterator[Line]:
    """Yield its lines; in maintenance first of all how to end it."""
    if facts.is_maintained:
        yield from maintenance(facts)
    left, right = tuple(_node(facts)), tuple(_network(facts))
    yield from (*left, *right) if columns < _NARROW else beside(left, right, columns // 2)
    for one in facts.diagnostics:
        yield (Span(one, Style.BAD),)


def maintenance(facts: Facts) -> Iterator[Line]:
    """Yield how to give the machine a configuration, and how to know that it is this one."""
    address = reached(facts.addresses)
    yield (Span("This machine has no configuration and waits for one:", Style.TITLE),)
    shown = address or "ADDRESS"
    yield (Span(f"  ichor apply-config --insecure --nodes {shown} --file controlplane.yaml"),)
    if not address:
        yield (Span("  It has no address yet.", Style.BAD),)
    if facts.fingerprint:
        yield (Span("  It is this one if its certificate has this SHA-256 fingerprint:"),)
        yield (Span(f"  {facts.fingerprint}", Style.TITLE),)
    yield ()


def reached(addresses: Sequence[str]) -> str:
    """Give the address that others reach it by: IPv4 where there is one, no link-local one."""
    found = [one for one in map(ip_interface, addresses) if not one.is_link_local]
    found.sort(key=lambda one: not isinstance(one, IPv4Interface))
    return str(found[0].ip) if found else ""


def _node(facts: Facts) -> Iterator[Line]:
    yield _row("STAGE", facts.stage or _NONE)
    if not facts.is_maintained:
        yield _row("READY", *(("yes", Style.GOOD) if facts.is_ready else ("no", Style.BAD)))
        for reason in facts.unmet:
            yield _row("", reason, Style.BAD)
    members = f" ({facts.members} machines)" if facts.members else ""
    yield _row("CLUSTER", f"{facts.cluster}{members}" if facts.cluster else _NONE)
    yield _row("TYPE", facts.machine_type or _NONE)
    for one in facts.components:
        yield _row(one.name.upper(), *_health(one))


def _health(one: Component) -> tuple[str, Style]:
    match one.is_healthy:
        case True:
            return "healthy", Style.GOOD
        case False:
            return "unhealthy", Style.BAD
        case None:
            return _NONE, Style.FAINT


def _network(facts: Facts) -> Iterator[Line]:
    yield from _list("ADDRESSES", facts.addresses)
    yield from _list("GATEWAY", facts.gateways)
    connected = ("up", Style.GOOD) if facts.is_connected else ("down", Style.BAD)
    yield _row("CONNECTIVITY", *connected)
    yield from _list("DNS", facts.resolvers)
    yield from _list("TIME", facts.time_servers)


def _list(label: str, values: Sequence[str]) -> Iterator[Line]:
    for number, value in enumerate(values or (_NONE,)):
        yield _row(label if number == 0 else "", value)


def _row(label: str, value: str, style: Style = Style.PLAIN) -> Line:
    return (Span(padded(label, _LABEL), Style.FAINT), Span(value, style))
