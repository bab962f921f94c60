"""A release: every artefact of a build, what is in it, and a signature over all of it.

    <folder>/manifest.json   version, root, digests and sizes of every other file
             manifest.sig    RSA by PKCS #1 1.5 over its SHA-256
             signer.pem      by whose key; a machine has the same certificate in its firmware's db
             disk.raw, installer.tar, ichor.efi, root.img; for a platform its image, not disk.raw
             installer.sig.tar  the installer's signature, as cosign attaches one: nodes ask for it
             loader.efi         what starts the image, as firmware measures it
             measurements.json  what a machine measures that runs it, for `ichor attest`
             files.json      every file of the root, with its origin
             sbom.spdx.json  SPDX 2.3

The same sources and keys give the same bytes. What is signed is what was built: it is hashed where
it lies in the release.
"""

import hashlib
import tarfile
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Final

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from msgspec import Struct

from ichor import __version__
from ichor.config.versions import INSTALLER
from ichor.errors import FormatError, InputError
from ichor.formats import measured, pe
from ichor.formats.jsonvalue import decode_object, objs, text
from ichor.image import (
    checkout,
    cloud,
    debian,
    disk,
    go,
    installer,
    measure,
    origins,
    root,
    sbom,
    signature,
    sparse,
    uki,
    verity,
)
from ichor.image.cache import Cache, Step
from ichor.image.origins import File, sha256
from ichor.image.platform import METAL
from ichor.image.uki import Signer

MANIFEST, SIGNATURE, SIGNER = "manifest.json", "manifest.sig", "signer.pem"
FILES, SBOM = "files.json", "sbom.spdx.json"
LOADER: Final = "loader.efi"
# Libraries that programs have in them: those of C, for runc, and what it was asked for.
_LINKED: Final = ("libc6-dev", "libgcc-14-dev", *go.LIBRARIES)
INSTALLER_SIGNATURE: Final = "installer.sig.tar"
_MADE: Final = (LOADER, INSTALLER_SIGNATURE, FILES, SBOM)
_SIGNED: Final = frozenset({MANIFEST, SIGNATURE, SIGNER})


class Artefact(Struct, frozen=True, kw_only=True):
    """sha256: of the file; size in bytes."""

    sha256: str
    size: int


class Manifest(Struct, frozen=True, kw_only=True):
    """What is released.

    root, salt: of the verified root, hex; blocks: of its data. image: SHA-256 by Authenticode of
    what firmware starts. kernel: its flavour's key, or that of the file that was given. platform:
    as the image's line says.
    """

    version: str
    root: str
    salt: str
    blocks: int
    image: str
    kernel: str
    platform: str = METAL
    artefacts: Mapping[str, Artefact]


def steps(cache: Cache, level: int, platform: str = METAL) -> dict[str, Step]:
    """Give the steps whose results are released, by the name of the file."""
    image = uki.uki_step(cache, level, platform=platform)
    return {
        **image_step(cache, level, platform),
        installer.ARCHIVE: installer.installer_step(cache, level, platform=platform),
        uki.FILE: image,
        measure.FILE: image,
        verity.IMAGE: verity.verity_step(cache, level),
    }


def image_step(cache: Cache, level: int, platform: str) -> dict[str, Step]:
    """Give the step of what is written to a disk: as it is, or as the platform imports it."""
    if platform == METAL:
        return {disk.FILE: disk.disk_step(cache, level)}
    return {cloud.file_name(platform): cloud.cloud_step(cache, platform, level)}


def make(
    cache: Cache,
    out: Path,
    signer: Signer,
    level: int,
    platform: str = METAL,
    repository: str = "",
) -> Manifest:
    """Write a release of what is built. Raises InputError where a file has no origin.

    repository: where the installer will be pulled from; its signature is for there.
    """
    built = steps(cache, level, platform)
    out.mkdir(parents=True, exist_ok=True)
    for name, step in built.items():
        place(cache.path(step) / name, out / name)
    place(cache.path(uki.stub_step()) / uki.LOADER, out / LOADER)
    sign_installer(out, repository, signer)
    found = origins.files(cache)
    (out / FILES).write_bytes(listed(found))
    (out / SBOM).write_bytes(sbom.document(components(cache, found), sha256(out / FILES)))
    image, made = (out / uki.FILE).read_bytes(), verity.read(cache.path(built[verity.IMAGE]))
    manifest = Manifest(
        version=__version__,
        root=made.root.hex(),
        salt=made.salt.hex(),
        blocks=made.blocks,
        image=pe.digest(image).hex(),
        kernel=uki.kernel_step(cache).key,
        platform=platform,
        artefacts={name: artefact(out / name) for name in sorted((*built, *_MADE))},
    )
    whole = msgspec.json.format(msgspec.json.encode(manifest, order="sorted"), indent=1) + b"\n"
    (out / MANIFEST).write_bytes(whole)
    (out / SIGNATURE).write_bytes(sign(whole, signer))
    (out / SIGNER).write_text(signer.certificate)
    return manifest


def sign_installer(folder: Path, repository: str, signer: Signer) -> str:
    """Write the signature of a folder's installer image; gives its name."""
    with tarfile.open(folder / installer.ARCHIVE) as archive:
        index = archive.extractfile("index.json")
        document = decode_object(index.read() if index is not None else b"")
    (image,) = objs(document, "manifests")
    where = repository or INSTALLER.rpartition(":")[0]
    target = folder / INSTALLER_SIGNATURE
    return signature.archive(where, text(image, "digest"), partial(sign, signer=signer), target)


def place(source: Path, target: Path) -> None:
    """Copy a file, holes as holes."""
    with target.open("wb") as file:
        file.truncate(source.stat().st_size)
        sparse.copy(source, file.fileno())


def artefact(path: Path) -> Artefact:
    return Artefact(sha256=sha256(path), size=path.stat().st_size)


def listed(found: tuple[File, ...]) -> bytes:
    """Write a manifest of files, one a line."""
    lines = ",\n".join(msgspec.json.encode(one).decode() for one in found)
    return f"[\n{lines}\n]\n".encode()


def components(cache: Cache, found: tuple[File, ...]) -> list[sbom.Component]:
    inside = {one.origin.removeprefix("debian/") for one in found}
    lock = debian.lock()
    needed = {name for name in closure(root.tree_step(cache), uki.stub_step()) if name in lock}
    needed |= {name for name in lock if name.startswith("linux-source")}
    inside |= {"systemd-boot-efi", *_LINKED} | {name for name in needed if is_source(name)}
    rows = ((name, lock[name].version, lock[name].sha256) for name in sorted(needed))
    programs = {
        name: go.program_step(cache, go.programs()[name]) for name in root.PROGRAMS.values()
    }
    told = {name: go.modules(cache, cache.path(step) / name) for name, step in programs.items()}
    pins = checkout.requirements("image").read_text()
    return [*sbom.debian(rows, inside), *sbom.wheels(pins), *sbom.modules(told)]


def is_source(name: str) -> bool:
    """Tell whether a name of the lock is of what is compiled into what we release."""
    return name.startswith("linux-source") or ".tar." in name


def closure(*wanted: Step) -> set[str]:
    """Give the names of Debian packages that steps need, and what those need."""
    seen: dict[str, Step] = {}
    todo = list(wanted)
    while todo:
        step = todo.pop()
        if step.key not in seen:
            seen[step.key] = step
            todo += step.needs
    prefix = "debian/"
    return {one.name.removeprefix(prefix) for one in seen.values() if one.name.startswith(prefix)}


def sign(data: bytes, signer: Signer) -> bytes:
    """Raises InputError for a key that is not RSA."""
    private = load_pem_private_key(signer.key.encode(), None)
    if not isinstance(private, rsa.RSAPrivateKey):
        raise InputError("expected an RSA key, as of images")
    return private.sign(data, padding.PKCS1v15(), hashes.SHA256())


def verify(folder: Path, certificate: str) -> Manifest:
    """Check a release by a certificate, PEM, that its reader trusts.

    Raises InputError naming the first thing that is not what was signed.
    """
    manifest = signed(folder, certificate)
    there = {path.name for path in folder.iterdir()} - _SIGNED
    if more := sorted(there - set(manifest.artefacts)):
        raise InputError("is not in the manifest", path=more[0])
    for name, wanted in manifest.artefacts.items():
        if name not in there:
            raise InputError("is missing", path=name)
        if artefact(folder / name) != wanted:
            raise InputError("is not what was signed", path=name, hint="get it again")
    return manifest


def signed(folder: Path, certificate: str) -> Manifest:
    """Read a manifest that this certificate's key has signed. Raises InputError, OSError."""
    data, signature = (folder / MANIFEST).read_bytes(), (folder / SIGNATURE).read_bytes()
    try:
        key = x509.load_pem_x509_certificate(certificate.encode()).public_key()
    except ValueError as error:
        raise InputError(f"no certificate: {error}") from None
    if not isinstance(key, rsa.RSAPublicKey):
        raise InputError("expected the certificate of an RSA key, as of images")
    try:
        key.verify(signature, data, padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        hint = "name the certificate of who released it"
        raise InputError("is not signed by this certificate", path=MANIFEST, hint=hint) from None
    try:
        return msgspec.json.decode(data, type=Manifest)
    except msgspec.MsgspecError as error:
        raise FormatError(f"a manifest of a release: {error}") from None


def measurements(folder: Path, certificate: str) -> measured.Manifest:
    """Give what a machine measures that runs it. Raises InputError, FormatError, OSError."""
    wanted = signed(folder, certificate).artefacts.get(measure.FILE)
    if wanted is None:
        raise InputError("is not in the manifest: the release is an older one", path=measure.FILE)
    data = (folder / measure.FILE).read_bytes()
    if hashlib.sha256(data).hexdigest() != wanted.sha256:
        raise InputError("is not what was signed", path=measure.FILE, hint="get it again")
    return measured.read_manifest(data)
