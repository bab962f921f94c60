"""A conversation begins without a lease; what the servers give only they can say."""

from collections.abc import Mapping

from ichor.ports.dhcp import Action, Conversation, Converse


def model(observed: Mapping[str, Conversation], action: Action) -> Mapping[str, Conversation]:
    others = {link: one for link, one in observed.items() if link != action.link}
    if isinstance(action, Converse):
        return {**others, action.link: Conversation(asked=action)}
    return others
