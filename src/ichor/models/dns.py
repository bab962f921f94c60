"""What an action does to the DNS server; a new list of upstreams is healthy until it is not."""

import errno

from msgspec.structs import replace

from ichor.ports.dns import Action, Close, Forward, Know, Listen, Resolving, Upstream


def model(resolving: Resolving, action: Action) -> Resolving:
    match action:
        case Listen(address=address):
            if address in resolving.listening:
                raise OSError(errno.EADDRINUSE, "Address already in use", address)
            return replace(resolving, listening=tuple(sorted((*resolving.listening, address))))
        case Close(address=address):
            left = tuple(one for one in resolving.listening if one != address)
            return replace(resolving, listening=left)
        case Forward(upstreams=upstreams):
            return replace(resolving, upstreams=tuple(Upstream(address=one) for one in upstreams))
        case Know(hosts=hosts):
            return replace(resolving, hosts=hosts)
