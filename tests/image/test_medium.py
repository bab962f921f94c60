"""Boot media from small inputs: what the kernel unpacks, and what firmware is told."""

from collections.abc import Iterator

from ichor.image import medium


def unpacked(archive: bytes) -> Iterator[tuple[str, int, bytes]]:
    """Yield names, modes and contents, as the kernel reads them (initramfs/buffer-format)."""
    at = 0
    while True:
        fields = [int(archive[at + 6 + 8 * n : at + 14 + 8 * n], 16) for n in range(13)]
        mode, size, length = fields[1], fields[6], fields[11]
        name = archive[at + 110 : at + 110 + length - 1].decode()
        begin = at + -(-(110 + length) // 4) * 4
        if name == "TRAILER!!!":
            return
        yield name, mode, archive[begin : begin + size]
        at = begin + -(-size // 4) * 4


FILES = {
    "root.img": b"root",
    "init": b"\x7fELF",
    "boot/esp/EFI/BOOT/BOOTX64.EFI": b"loader",
    "boot/ichor.efi": b"image",
}


def test_directories_come_before_what_is_in_them() -> None:
    rows = list(unpacked(medium.pack(FILES)))
    seen: set[str] = set()
    for name, mode, _ in rows:
        folder = name.rpartition("/")[0]
        assert not folder or folder in seen
        if mode >> 12 == 0o04:
            seen.add(name)
    assert {"dev", "root", "boot", "boot/esp/EFI/BOOT"} <= seen
    assert {name: body for name, mode, body in rows if mode >> 12 == 0o10} == FILES


def test_only_the_first_program_can_be_executed() -> None:
    modes = {name: mode & 0o777 for name, mode, _ in unpacked(medium.pack(FILES)) if name in FILES}
    assert modes == dict.fromkeys(FILES, 0o644) | {"init": 0o755}


def test_the_order_of_files_makes_no_difference() -> None:
    assert medium.pack(FILES) == medium.pack(dict(reversed(FILES.items())))


def test_ipxe_is_told_the_same_line_as_firmware() -> None:
    line = medium.command_line(("more=1",))
    assert {"more=1", "talos.platform=metal", "talos.halt_if_installed=1"} <= set(line.split())
    kernel, archive = medium.script(line).splitlines()[1:3]
    assert kernel == f"kernel vmlinuz initrd=initramfs {line}"
    assert archive == "initrd initramfs"
