"""What a machine runs from is told step by step; the proof is the last word, or there is none."""

import asyncio
from collections.abc import Generator
from pathlib import Path

import pytest
from tests.api.serving import refused, serving

from ichor.api.machine.aside import Aside
from ichor.api.machine.power import IN_CONTAINER
from ichor.api.machine.proof import ProofService
from ichor.cli.image_verify import ask, compare
from ichor.client.machine import Node
from ichor.errors import Conflict, FormatError
from ichor.image.release import Manifest
from ichor.ports.proof import Proof
from ichor.proto.ichor import image_pb2 as pb
from ichor.rpc.status import Code, RpcError

PROOF = Proof(
    version="Ichor 1",
    entry="ichor-1+2.efi",
    image=b"image",
    root=b"root",
    salt=b"salt",
    blocks=7,
    signer="CN=ours",
)
MANIFEST = Manifest(
    version="1",
    root=b"root".hex(),
    salt=b"salt".hex(),
    blocks=7,
    image=b"image".hex(),
    kernel="",
    artefacts={},
)


class FakeProver:
    def __init__(self, error: Exception | None = None) -> None:
        self.error = error

    def prove(self) -> Generator[str | Proof, None, None]:
        yield "reading"
        if self.error:
            raise self.error
        yield PROOF


def proof(tmp_path: Path, prover: FakeProver | None) -> pb.Proof:
    async def main() -> pb.Proof:
        async with serving(tmp_path, ProofService(prover, Aside()).handlers()) as node:
            return await twice(node)

    return asyncio.run(main())


async def twice(node: Node) -> pb.Proof:
    """Ask again: what was asked before is over."""
    first = await ask(node)
    assert await ask(node) == first
    return first


def test_a_proof_is_what_was_found(tmp_path: Path) -> None:
    found = proof(tmp_path, FakeProver())
    assert (found.version, found.entry, found.signer) == ("Ichor 1", "ichor-1+2.efi", "CN=ours")
    compare(found, MANIFEST)


@pytest.mark.parametrize("name", ["root", "salt", "image"])
def test_what_is_not_as_released_is_named(tmp_path: Path, name: str) -> None:
    found = proof(tmp_path, FakeProver())
    setattr(found, name, b"another")
    with pytest.raises(Conflict, match=f"its {name}"):
        compare(found, MANIFEST)


def test_what_is_not_what_it_should_be_has_no_proof(tmp_path: Path) -> None:
    with pytest.raises(RpcError) as error:
        proof(tmp_path, FakeProver(FormatError("another block")))
    assert "another block" in error.value.message


def test_a_container_has_nothing_to_show(tmp_path: Path) -> None:
    with pytest.raises(RpcError) as error:
        proof(tmp_path, None)
    refused(error.value, Code.FAILED_PRECONDITION, IN_CONTAINER)
