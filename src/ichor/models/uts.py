"""Setting the names gives these names."""

import errno

from ichor.ports.uts import Names

_LONGEST = 64  # __NEW_UTS_LEN


def model(observed: Names, action: Names) -> Names:
    del observed
    for name in (action.host, action.domain):
        if len(name.encode()) > _LONGEST:
            raise OSError(errno.EINVAL, "Invalid argument", name)
    return action
