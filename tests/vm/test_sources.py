"""Machines that find their configuration themselves: on a disk, by SMBIOS from a server, by a URL.

Each ends as a node: its API trusts the configuration's authority, and its name is what it was told.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.config import samples
from tests.image.fat_tools import fat_tools_step
from tests.vm import iso
from tests.vm.press import Press
from tests.vm.upgrading import Machine

from ichor.config.encode import encode
from ichor.formats import volume_label
from ichor.formats.volume_label import Volume
from ichor.image import cloud, tools
from ichor.image.cache import Cache, default_root
from ichor.image.process import run
from ichor.image.progress import Lines
from ichor.testing.machine import Told, trial

pytestmark = pytest.mark.vm
CONFIG = encode(samples.control_plane()).encode()
NOCLOUD = "talos.platform=nocloud"
ADDRESS = "10.5.0.2/24"  # where the test's host looks for it
NETWORK = f"""\
version: 2
ethernets:
  card:
    match: {{name: "e*"}}
    addresses: [{ADDRESS}]
    routes: [{{to: default, via: 10.5.0.1}}]
    nameservers: {{addresses: [10.5.0.1], search: [example.org]}}
"""


@pytest.mark.parametrize(("bits", "mib"), [("12", 1), ("16", 16), ("32", 64)])
def test_the_label_of_a_vfat_is_found(tmp_path: Path, bits: str, mib: int) -> None:
    cache = Cache(default_root())
    fat = fat_tools_step(cache)
    cache.make([fat], Lines())
    mkfs = tools.in_place(cache.path(fat), "usr/sbin/mkfs.fat")
    with (tmp_path / "image").open("w+b") as file:
        file.truncate(mib << 20)
        run([*mkfs, "-F", bits, "-n", "CIDATA", file.name])
        assert volume_label.find(file.read(volume_label.HEAD)) == Volume("vfat", "CIDATA")


@contextmanager
def configured(work: Path, told: Told, image: Path | None = None) -> Iterator[Machine]:
    """Give a machine that was told where its configuration is, and nothing by its API."""
    press = Press(work)
    with trial(image or press.disk, 768, told=told) as made:
        made.until("configuration found")
        made.until("service=apid state=Running", times=2)  # of its first life, and of its second
        one = Machine(made, press, work)
        one.until_ok("get", "machinetype")
        print(f"configured in {made.seconds:.1f} s")
        yield one


def imported(platform: str, work: Path) -> Path:
    """Give a platform's own disk, as QEMU reads it from what the platform is given."""
    cache, out = Cache(default_root()), work / "imported.raw"
    step = cloud.cloud_step(cache, platform)
    cache.make([step], Lines())
    given = cache.path(step) / cloud.file_name(platform)
    run(["qemu-img", "convert", "-f", "qcow2", "-O", "raw", given, out], package="qemu-utils")
    return out


def test_a_disk_labelled_cidata_and_an_image_that_knows_to_look_for_it(tmp_path: Path) -> None:
    meta = b"instance-id: i-7\nlocal-hostname: from-disk.example.org\n"
    files = {"user-data": CONFIG, "meta-data": meta, "network-config": NETWORK.encode()}
    seed = tmp_path / "seed.iso"
    seed.write_bytes(iso.make("cidata", files))
    image = imported("nocloud", tmp_path)
    with configured(tmp_path, Told(media=(seed,)), image) as machine:
        assert "from-disk" in machine.until_ok("get", "hostname")
        assert "i-7" in machine.until_ok("get", "platformmetadata", "-o", "yaml")
        offers = machine.until_ok("get", "addressspecs", "--namespace", "network-config")
        assert f"platform/eth0/{ADDRESS}" in offers
        assert "dhcp4" not in offers
        assert "10.5.0.1" in machine.until_ok("get", "resolvers")
        sources = machine.until_ok("get", "configsources")
        assert "found" in sources  # its turn has gone: STATE has one


def test_a_server_that_smbios_names(tmp_path: Path) -> None:
    pages = {
        "/seed/meta-data": b"instance-id: i-8\nlocal-hostname: from-server\n",
        "/seed/user-data": CONFIG,
    }
    told = Told(strings=(NOCLOUD,), serial="ds=nocloud;s=http://10.5.0.1/seed/", pages=pages)
    with configured(tmp_path, told) as machine:
        assert "from-server" in machine.until_ok("get", "hostname")
        assert "nocloud" in machine.until_ok("version")


def test_a_url_with_variables(tmp_path: Path) -> None:
    pages = {"/machines/rack-7.yaml": CONFIG}
    argument = "talos.config=http://10.5.0.1/machines/${serial}.yaml"
    told = Told(strings=(argument,), serial="rack-7", pages=pages)
    with configured(tmp_path, told) as machine:
        assert "configuration found" in machine.trial.console
        assert "metal" in machine.until_ok("version")
