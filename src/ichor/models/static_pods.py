"""The model of the static pod server: what was published is offered."""

from msgspec.structs import replace

from ichor.ports.static_pods import Offer, Publish


def model(observed: Offer, action: Publish) -> Offer:
    return replace(observed, pods=action.pods)
