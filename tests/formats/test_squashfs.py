import pytest

from ichor.errors import FormatError
from ichor.formats.squashfs import parse

LISTING = """\
drwxr-xr-x 0/0                     200 1970-01-01 00:00 squashfs-root
lrwxrwxrwx 0/0                       7 1970-01-01 00:00 squashfs-root/bin -> usr/bin
-rwsr-xr-x 0/0                   55528 1970-01-01 00:00 squashfs-root/usr/bin/mount
-rw-r--r-- 60/61                    12 1970-01-01 00:00 squashfs-root/etc/a b
crw-rw-rw- 0/0                  1,  3 1970-01-01 00:00 squashfs-root/dev/null
"""


def test_a_listing_is_read() -> None:
    root, link, mount, spaced, device = parse(LISTING)
    assert (root.kind, root.path) == ("d", "")
    assert (link.path, link.target, link.is_executable) == ("bin", "usr/bin", False)
    assert (mount.is_setuid, mount.is_executable, mount.size) == (True, True, 55528)
    assert (spaced.path, spaced.uid, spaced.gid, spaced.is_executable) == ("etc/a b", 60, 61, False)
    assert (device.kind, device.size) == ("c", 0)


def test_a_line_of_another_kind_is_refused_with_its_number() -> None:
    with pytest.raises(FormatError, match="line 2"):
        list(parse(LISTING.splitlines()[0] + "\nParallel unsquashfs: Using 2 processors\n"))
