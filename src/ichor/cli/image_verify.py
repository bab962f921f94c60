"""`ichor image verify`: machines read again what they run from; a release says what that is."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ichor.cli.node import Target, calls_machines
from ichor.errors import Conflict, InputError

if TYPE_CHECKING:
    from ichor.client.machine import Node
    from ichor.image.release import Manifest
    from ichor.proto.ichor import image_pb2


@click.command()
@click.option(
    "--release",
    "folder",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="What they should run: a folder of `ichor release`, or its manifest and signature.",
)
@click.option(
    "--certificate",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Of who is trusted to release.",
)
@calls_machines
def verify(target: Target, folder: Path | None, certificate: Path | None) -> None:
    """Have machines read every block of their root, and compare it with a release.

    It is the machine's own word, for what rots or was changed behind its back.
    """
    if (folder is None) != (certificate is None):
        raise InputError("a release needs the certificate of who is trusted, and it a release")
    manifest = trusted(folder, certificate)

    async def each(node: "Node", several: bool) -> None:
        del several
        proof = await ask(node)
        signer = proof.signer or "nobody: Secure Boot is off"
        print(f"{node.name}: {proof.version}, {proof.entry}, signed by {signer}")
        print(f"{node.name}: root hash {proof.root.hex()}, image {proof.image.hex()}")
        if manifest is not None:
            compare(proof, manifest)
            print(f"{node.name}: as released, version {manifest.version}")

    target.stream(each)


def trusted(folder: Path | None, certificate: Path | None) -> "Manifest | None":
    if folder is None or certificate is None:
        return None
    from ichor.image.release import signed

    return signed(folder, certificate.read_text())


async def ask(node: "Node") -> "image_pb2.Proof":
    """Raises Conflict where it ends without a proof."""
    from ichor.proto.ichor import image_pb2 as pb

    stream = node.stream(
        "Verify", pb.VerifyRequest(), pb.VerifyResponse, module=pb, service="Image"
    )
    proof = None
    async for one in stream:
        if one.WhichOneof("response") == "proof":
            proof = one.proof
        else:
            print(f"{node.name}: {one.progress}", file=sys.stderr)
    if proof is None:
        raise Conflict("it did not say what it found")
    return proof


def compare(proof: "image_pb2.Proof", manifest: "Manifest") -> None:
    """Raises Conflict naming what is another."""
    pairs = {
        "root hash": (proof.root.hex(), manifest.root),
        "salt": (proof.salt.hex(), manifest.salt),
        "image": (proof.image.hex(), manifest.image),
    }
    for name, (found, released) in pairs.items():
        if found != released:
            raise Conflict(f"its {name} is not that of the release, {released}")
