"""What firmware and hypervisor say of a machine: SMBIOS by sysfs, QEMU's fw_cfg.

    talos.config=http://192.0.2.1/${uuid}      an OEM string (SMBIOS type 11)
    opt/ichor/talos.config                     a file of fw_cfg, whose content is the value

Only where a configuration comes from is taken from there. Under Secure Boot nothing else of the
machine may add to the kernel's line.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from ichor.errors import FormatError
from ichor.formats import smbios
from ichor.log import fields, logger
from ichor.resources.hardware.system import SystemInformation

log = logger(__name__)
TAKEN: Final = ("talos.platform", "talos.config", "talos.config.early", "talos.config.inline")
_STRINGS: Final = Path("/sys/firmware/dmi/entries")
_FILES: Final = Path("/sys/firmware/qemu_fw_cfg/by_name/opt/ichor")
_IDENTITY: Final = Path("/sys/class/dmi/id")


def arguments(entries: Path = _STRINGS, files: Path = _FILES) -> Mapping[str, str]:
    """Give the arguments there are, the parts of a repeated one joined. fw_cfg comes first."""
    found: dict[str, str] = {}
    for name, value in _strings(entries):
        found[name] = found.get(name, "") + value
    for name in TAKEN:
        raw = files / name / "raw"
        if raw.is_file():
            found[name] = raw.read_bytes().decode("utf-8", "replace").strip("\0\n")
    return found


def _strings(entries: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(entries.glob(f"{smbios.OEM_STRINGS}-*/raw")):
        try:
            found = smbios.strings(path.read_bytes())
        except (OSError, FormatError) as err:
            log.warning("OEM strings are left out", extra=fields(path=path, why=err))
            continue
        for one in found:
            name, _, value = one.partition("=")
            if name in TAKEN:
                yield name, value


def system(identity: Path = _IDENTITY) -> SystemInformation:
    """Give what SMBIOS tells of the machine; what it does not is empty."""

    def said(name: str) -> str:
        try:
            return (identity / name).read_text(encoding="utf-8", errors="replace").strip()
        except OSError:
            return ""

    return SystemInformation(
        manufacturer=said("sys_vendor"),
        product_name=said("product_name"),
        version=said("product_version"),
        bios_version=said("bios_version"),
        serialnumber=said("product_serial"),
        uuid=said("product_uuid"),
        sku_number=said("product_sku"),
    )
