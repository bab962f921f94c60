"""containerd's question over the socket: one answer in one line, and no answer is a no."""

import asyncio
import stat
from collections.abc import Awaitable, Callable
from pathlib import Path

from tests.api.serving import CLOCK
from tests.api.test_verification import NAME, Signer, deny, skip

from ichor.api.verification import Verification
from ichor.apps.machined.verifying import Verifying
from ichor.cosi.memory import Memory
from ichor.cosi.resource import resource
from ichor.peers.registry import HttpRegistries
from ichor.resources.security.image_verification_rule import ImageVerificationRule

DIGEST = "sha256:" + "a" * 64


def run(
    directory: Path,
    rules: list[ImageVerificationRule],
    check: Callable[[Callable[[bytes], Awaitable[bytes]]], Awaitable[None]],
) -> None:
    async def main() -> None:
        state, path = Memory(CLOCK.now), directory / "verifier.sock"
        for index, rule in enumerate(rules):
            state.create(resource(rule, f"{index:04d}"))
        verifying = Verifying(Verification(state, HttpRegistries(), Signer()))
        await verifying.listen(path)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

        async def ask(question: bytes) -> bytes:
            reader, writer = await asyncio.open_unix_connection(path)
            writer.write(question)
            writer.write_eof()
            answer = await reader.read()
            writer.close()
            return answer

        try:
            async with asyncio.timeout(20):
                await check(ask)
        finally:
            await verifying.close()

    asyncio.run(main())


def test_an_image_is_taken_or_not_and_why_is_said(tmp_path: Path) -> None:
    rules = [deny("registry.example/team/app:0.*"), skip("registry.example/**")]

    async def check(ask: Callable[[bytes], Awaitable[bytes]]) -> None:
        question = f"{NAME}\n{DIGEST}\n".encode()
        assert await ask(question) == b"+skipped by rule 'registry.example/**'\n"
        denied = question.replace(b":1.0", b":0.9")
        assert await ask(denied) == b"-denied by rule 'registry.example/team/app:0.*'\n"

    run(tmp_path, rules, check)


def test_what_is_no_question_is_refused(tmp_path: Path) -> None:
    async def check(ask: Callable[[bytes], Awaitable[bytes]]) -> None:
        for question in (
            b"",
            b"\n\n",
            f"{NAME}\n".encode(),
            f"{NAME}\nlatest\n".encode(),
            f"\n{DIGEST}\n".encode(),
            b"\xff\n\xff\n",
            b"a" * 10_000,
        ):
            assert await ask(question) == b"-no question of a name and a digest\n"

    run(tmp_path, [], check)


def test_a_name_that_cannot_be_read_ends_no_line(tmp_path: Path) -> None:
    async def check(ask: Callable[[bytes], Awaitable[bytes]]) -> None:
        answer = await ask(f"a\rb\x85c\n{DIGEST}\n".encode())
        assert (answer[:1], answer.count(b"\n"), answer[-1:]) == (b"-", 1, b"\n")

    run(tmp_path, [skip("**")], check)
