"""Closed sets of words about the image cache."""

from ichor.resources.fields import Word


class ImageCacheStatus(Word):
    UNKNOWN = "unknown", 0
    DISABLED = "disabled", 1
    PREPARING = "preparing", 2
    READY = "ready", 3


class ImageCacheCopyStatus(Word):
    UNKNOWN = "unknown", 0
    SKIPPED = "skipped", 1
    COPYING = "copying", 2
    READY = "ready", 3
