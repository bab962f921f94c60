"""Write components/debian.lock anew and print what changed."""

import sys

from ichor.errors import IchorError
from ichor.image import debian


def main() -> int:
    try:
        changes = debian.refresh()
    except IchorError as err:
        print(f"lock: {err}", file=sys.stderr)
        return 1
    print("\n".join(f"lock: {line}" for line in changes) or "lock: Debian is as it was")
    return 0


if __name__ == "__main__":
    sys.exit(main())
