"""etcd's command line.

EtcdSpecs, data directory, initial cluster (from `join`) ─► arguments
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

from ichor.formats.flags import Flag, command_line, denied, replaceable

DATA = "/var/lib/etcd"
SECRETS = "/system/secrets/etcd"
CLIENT_PORT, PEER_PORT, HTTP_PORT = 2379, 2380, 2383


class Initial(Struct, frozen=True, kw_only=True):
    """How a member with an empty data directory begins: members as (name, peer URL)."""

    state: str
    members: tuple[tuple[str, str], ...]


class Inputs(Struct, frozen=True, kw_only=True):
    """initial: None when the data directory already says who the members are."""

    name: str
    advertised_addresses: tuple[str, ...]
    listen_peer_addresses: tuple[str, ...]
    listen_client_addresses: tuple[str, ...]
    initial: Initial | None = None
    extra_args: Mapping[str, Sequence[str]] = {}


def render(inputs: Inputs) -> tuple[str, ...]:
    """Give the arguments. Raises InputError for a user's flag that is ours."""
    return command_line(_flags(inputs), inputs.extra_args, path="$.cluster.etcd.extraArgs")


def urls(addresses: Iterable[str], port: int) -> tuple[str, ...]:
    return tuple(
        f"https://[{address}]:{port}" if ":" in address else f"https://{address}:{port}"
        for address in addresses
    )


def _flags(inputs: Inputs) -> Iterator[Flag]:
    yield denied("name", inputs.name)
    yield denied("data-dir", DATA)
    yield denied("feature-gates", "InitialCorruptCheck=true,CompactHashCheck=true")
    yield denied("watch-progress-notify-interval", "5s")
    yield from _tls()
    yield from _addresses(inputs)
    if inputs.initial is not None:
        members = ",".join(f"{name}={url}" for name, url in inputs.initial.members)
        yield replaceable("initial-cluster-state", inputs.initial.state)
        yield replaceable("initial-cluster", members)


def _tls() -> Iterator[Flag]:
    yield denied("auto-tls", "false")
    yield denied("peer-auto-tls", "false")
    yield denied("client-cert-auth", "true")
    yield denied("cert-file", f"{SECRETS}/server.crt")
    yield denied("key-file", f"{SECRETS}/server.key")
    yield denied("trusted-ca-file", f"{SECRETS}/ca.crt")
    yield denied("peer-client-cert-auth", "true")
    yield denied("peer-cert-file", f"{SECRETS}/peer.crt")
    yield denied("peer-key-file", f"{SECRETS}/peer.key")
    yield denied("peer-trusted-ca-file", f"{SECRETS}/ca.crt")
    yield denied("tls-min-version", "TLS1.3")


def _addresses(inputs: Inputs) -> Iterator[Flag]:
    clients, peers = inputs.listen_client_addresses, inputs.listen_peer_addresses
    advertised = inputs.advertised_addresses
    yield denied("listen-peer-urls", ",".join(urls(peers, PEER_PORT)))
    yield denied("listen-client-urls", ",".join(urls(clients, CLIENT_PORT)))
    yield denied("listen-client-http-urls", ",".join(urls(clients, HTTP_PORT)))
    yield replaceable("initial-advertise-peer-urls", ",".join(urls(advertised, PEER_PORT)))
    yield replaceable("advertise-client-urls", ",".join(urls(advertised, CLIENT_PORT)))
