"""AWS (EC2 user guide: instance metadata, version 2): every call bears a token drawn first."""

from collections.abc import Generator
from typing import Final

from ichor.formats.platform import Answer, Instance
from ichor.peers.platform.program import (
    LINK_LOCAL,
    Headers,
    Program,
    Reply,
    Request,
    config_of,
    get,
    get_text,
)

_TOKEN_URL: Final = f"{LINK_LOCAL}/latest/api/token"
_LIFE: Final[Headers] = (("X-aws-ec2-metadata-token-ttl-seconds", "300"),)
_SPOT: Final = "spot"


def aws() -> Program:
    """Raises FormatError, InputError."""
    token = (yield from get(_TOKEN_URL, _LIFE, method="PUT")).decode("latin1").strip()
    bearing: Headers = (("X-aws-ec2-metadata-token", token),)

    def ask(path: str) -> Generator[Request, Reply, str]:
        return (yield from get_text(f"{LINK_LOCAL}/latest/meta-data/{path}", bearing))

    id, zone = (yield from ask("instance-id")), (yield from ask("placement/availability-zone"))
    internal = yield from ask("local-hostname")
    external = [(yield from ask("public-ipv4")), (yield from ask("ipv6"))]
    tags: dict[str, str] = {}
    for name in (yield from ask("tags/instance")).splitlines():
        tags[name.rstrip("/")] = yield from ask(f"tags/instance/{name}")
    instance = Instance(
        hostname=internal,
        region=(yield from ask("placement/region")),
        zone=zone,
        type=(yield from ask("instance-type")),
        id=id,
        provider_id=f"aws:///{zone}/{id}",
        spot=(yield from ask("instance-life-cycle")) == _SPOT,
        internal_dns=internal,
        external_dns=(yield from ask("public-hostname")),
        external=tuple(one for one in external if one),
        tags=tags,
    )
    data = yield from get(f"{LINK_LOCAL}/latest/user-data", bearing, optional=True)
    return Answer(config=config_of(data), instance=instance)
