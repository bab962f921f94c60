"""A conversation begins without a lease; what the servers give only they can say."""

from collections.abc import Mapping

from ichor.ports.dhcp import Action, Converse, Lease


def model(observed: Mapping[str, Lease | None], action: Action) -> Mapping[str, Lease | None]:
    others = {link: lease for link, lease in observed.items() if link != action.link}
    return {**others, action.link: None} if isinstance(action, Converse) else others
