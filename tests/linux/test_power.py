"""What a machine leaves in order when it ends."""

from ichor.formats import mountinfo
from ichor.linux.power import disks

TABLE = """\
20 1 254:0 / / ro,relatime - squashfs /dev/root ro,errors=continue
21 20 0:20 / /run rw,nosuid - tmpfs tmpfs rw,size=10k
22 20 254:6 / /var rw,nosuid,nodev - xfs /dev/vda6 rw,attr2
23 20 254:5 / /system/state rw,nosuid - xfs /dev/vda5 rw,attr2
24 22 254:6 /lib/kubelet /var/lib/kubelet ro - xfs /dev/vda6 rw,attr2
25 20 0:31 / /etc/cni rw - overlay overlay rw,lowerdir=/a
26 20 254:16 / /system/imagecache/disk ro - squashfs /dev/vdb1 ro
"""


def test_each_writable_file_system_of_a_device_is_made_read_only_once() -> None:
    assert disks(mountinfo.parse(TABLE)) == ("/var", "/system/state")
