"""Closed sets of words about peers."""

from ichor.resources.fields import Word


class PeerState(Word):
    UNKNOWN = "unknown", 0
    UP = "up", 1
    DOWN = "down", 2
