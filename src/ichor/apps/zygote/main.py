"""A zygote by its program's name: `/usr/lib/ichor zygote FD MODULE...`.

The first zygote is forked; one that replaces it is executed, and its interpreter is as isolated as
machined's, so that no module can be found but through the image's own entry.
"""

from ichor.linux.zygote import main

__all__ = ["main"]
