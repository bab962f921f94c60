"""The unified kernel image: the stub of systemd-boot, our kernel and its command line in one file.

The line names the root by its hash, so who vouches for this file vouches for every byte that runs.
ICHOR_SECUREBOOT names a directory with what it is signed with; without, it is not signed. With a
PCR signing key there it carries signatures over its states of PCR 11, by which disks are opened.
Beside it lies the manifest of what machines measure of it.
No initramfs: the kernel itself makes the verified device (admin-guide/device-mapper/dm-init.rst);
the image of a medium has one, which holds the root.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from ichor import __version__
from ichor.errors import InputError
from ichor.formats import measured, pcrsig, pe, verity
from ichor.formats.generation import Generation
from ichor.formats.verity import Verity
from ichor.image import authenticode, debian, kernel, measure
from ichor.image import platform as platforms
from ichor.image import verity as verified
from ichor.image.cache import Cache, Step, file_digest
from ichor.image.platform import METAL
from ichor.pki.public import public_pem
from ichor.resources.block.partition import root_label
from ichor.rpc.tls import fits

FILE: Final = "ichor.efi"
KERNEL: Final = "ICHOR_KERNEL"
KEYS: Final = "ICHOR_SECUREBOOT"
CERTIFICATE, SIGNING_KEY = "uki-signing-cert.pem", "uki-signing-key.pem"
PCR_KEY: Final = "pcr-signing-key.pem"
STUB: Final = "usr/lib/systemd/boot/efi/linuxx64.efi.stub"
LOADER: Final = "usr/lib/systemd/boot/efi/systemd-bootx64.efi"
# facts/kernel_args.tsv; kernel/cmdline has what hardens.
_ARGUMENTS: Final = (
    "console=tty0",
    "console=ttyS0",
    "consoleblank=0",
    "printk.devkmsg=on",
    "proc_mem.force_override=never",
    "panic=10",
    "gpt",  # the table's twin counts where the first is torn
)

# Raised when older images must not run any more: `least` then follows once all have left them.
GENERATION: Final = Generation(own=1, least=1)


class Signer(NamedTuple):
    certificate: str
    key: str

    def __repr__(self) -> str:
        return "Signer(...)"


def arguments(platform: str = METAL) -> tuple[str, ...]:
    """Give what the line has whatever it starts. Raises InputError for an unknown platform."""
    own = f"talos.platform={platform}", *platforms.platform(platform).more
    return *own, *_ARGUMENTS, *kernel.arguments()


def command_line(root: Verity, more: Sequence[str] = (), platform: str = METAL) -> str:
    device = f"PARTLABEL={root_label(root.root)}"
    mapped = f'dm-mod.create="root,,,ro,{verity.table(root, device)}"'
    mounted = "root=/dev/dm-0 rootfstype=squashfs ro init=/sbin/init"
    own = *arguments(platform), *GENERATION.words, *more
    words = *own, f"dm-mod.waitfor={device}", mapped, mounted
    return " ".join(words)


def kernel_step(cache: Cache) -> Step:
    """Give the step whose result has `bzImage`: a flavour of ours, or the file ICHOR_KERNEL names.

    Raises InputError if it is neither.
    """
    given = os.environ.get(KERNEL, "full")
    if given in kernel.FLAVOURS:
        return kernel.kernel_step(cache, given)
    path = Path(given)
    if not path.is_file():
        hint = f"set {KERNEL} to a bzImage or to one of {', '.join(kernel.FLAVOURS)}"
        raise InputError(f"no kernel at {given!r}", hint=hint)

    def build(out: Path) -> None:
        (out / "bzImage").write_bytes(path.read_bytes())

    return Step("kernel/given", build, {"kernel": file_digest(path)})


def stub_step() -> Step:
    return debian.steps(("systemd-boot-efi",))["systemd-boot-efi"]


def uki_step(cache: Cache, level: int = 3, more: Sequence[str] = (), platform: str = METAL) -> Step:
    image, root = kernel_step(cache), verified.verity_step(cache, level)
    stub, signer, states = stub_step(), signing(), state_signing()

    def build(out: Path) -> None:
        made = assemble(
            (cache.path(stub) / STUB).read_bytes(),
            (cache.path(image) / "bzImage").read_bytes(),
            command_line(verified.read(cache.path(root)), more, platform),
        )
        made = measure.with_signed_states(made, states) if states else made
        made = authenticode.sign(made, *signer) if signer else made
        (out / FILE).write_bytes(made)
        loader = (cache.path(stub) / LOADER).read_bytes()
        manifest = measure.manifest(made, loader, __version__)
        (out / measure.FILE).write_bytes(measured.write_manifest(manifest))

    modules = pe, authenticode, measure, measured, pcrsig
    sources = [Path(__file__), *(Path(str(each.__file__)) for each in modules)]
    inputs = {
        "arguments": " ".join((*arguments(platform), *GENERATION.words, *more)),
        "recipe": file_digest(*sources),
        "signer": signer.certificate if signer else "",
        "states": public_pem(states) if states else "",
    }
    return Step(platforms.suffixed("uki", platform), build, inputs, (image, root, stub), 1)


def signing() -> Signer | None:
    """Give what the image is signed with, if it is. Raises InputError where that is not there."""
    given = os.environ.get(KEYS)
    if not given:
        return None
    try:
        found = Signer(*((Path(given) / name).read_text() for name in (CERTIFICATE, SIGNING_KEY)))
    except OSError as err:
        hint = f"make them: ichor gen secureboot uki -o {given}"
        raise InputError(f"no keys of Secure Boot: {err}", path=KEYS, hint=hint) from None
    if not fits(found.certificate.encode(), found.key.encode()):
        raise InputError("the key is not that of the certificate", path=given)
    return found


def state_signing() -> str:
    """Give the key that states of PCR 11 are signed with, PEM; nothing without one."""
    given = os.environ.get(KEYS)
    path = Path(given, PCR_KEY) if given else None
    return path.read_text() if path is not None and path.exists() else ""


def assemble(stub: bytes, kernel: bytes, line: str, initrd: bytes = b"") -> bytes:
    # Told no version, the loader orders entries by their names, which are ours to choose.
    release = f'ID=ichor\nNAME=Ichor\nPRETTY_NAME="Ichor {__version__}"\n'
    parts = [(".osrel", release.encode()), (".cmdline", line.encode())]
    if initrd:
        parts.append((".initrd", initrd))
    return pe.append(stub, [*parts, (".linux", kernel)])
