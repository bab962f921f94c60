import asyncio

from tests.protocols.test_dns import ASKED, reply

from ichor.errors import TransientError
from ichor.peers.dns_resolve import Resolver, Transports
from ichor.protocols.dns import packet
from ichor.protocols.dns.packet import Question, Reply


class Servers:
    """Name servers by what they answer; none: they do not."""

    def __init__(self, **answers: bytes | None) -> None:
        self.answers = answers
        self.asked: list[str] = []
        self.now = 0.0
        self.changes = 0

    async def ask(self, server: str, asked: bytes, question: Question) -> tuple[Reply, bytes]:
        self.asked.append(server)
        raw = self.answers[server]
        if raw is None:
            raise TransientError("silent")
        return packet.read_reply(raw), raw

    def _count(self) -> None:
        self.changes += 1

    def resolver(self) -> Resolver:
        made = Resolver(lambda: self.now, self._count, Transports(self.ask, self.ask))
        made.forward(tuple(self.answers))
        return made


def ask(resolver: Resolver, raw: bytes = ASKED, *, is_stream: bool = False) -> bytes:
    found = asyncio.run(resolver.answer(raw, is_stream=is_stream))
    assert found is not None
    return found


def code(raw: bytes) -> int:
    return raw[3] & 15


def test_without_a_server_the_failure_comes_at_once() -> None:
    assert code(ask(Servers().resolver())) == packet.SERVER_FAILURE


def test_the_second_server_answers_when_the_first_is_silent_and_is_asked_first_then() -> None:
    servers = Servers(a=None, b=reply(0))
    resolver = servers.resolver()
    assert code(ask(resolver)) == 0
    assert (resolver.is_healthy("a"), resolver.is_healthy("b")) == (False, True)
    assert servers.changes == 1
    ask(resolver)
    assert servers.asked == ["a", "b", "b"]
    servers.now += 11
    servers.answers["a"] = reply(0)
    ask(resolver)
    assert servers.asked[3:] == ["a"]
    assert resolver.is_healthy("a")


def test_a_server_that_fails_itself_is_not_the_last_word() -> None:
    servers = Servers(a=reply(code=packet.SERVER_FAILURE), b=reply(5))
    assert packet.read_reply(ask(servers.resolver())).answers == 1


def test_a_kept_answer_asks_nobody() -> None:
    servers = Servers(a=reply(60))
    resolver = servers.resolver()
    ask(resolver)
    servers.now += 10
    assert packet.read_reply(ask(resolver)).ttl == 50
    assert servers.asked == ["a"]


def test_a_member_is_known_without_any_server() -> None:
    resolver = Servers().resolver()
    resolver.know({"a.example": ("10.0.0.7",)})
    assert ask(resolver).endswith(bytes([10, 0, 0, 7]))


def test_what_does_not_fit_is_cut_for_datagrams_only() -> None:
    servers = Servers(a=reply(*[60] * 40))
    resolver = servers.resolver()
    cut = packet.read_reply(ask(resolver))
    assert (cut.truncated, cut.answers) == (True, 0)
    assert packet.read_reply(ask(resolver, is_stream=True)).answers == 40


def test_what_cannot_be_read_is_told_so_and_what_is_no_query_is_not_answered() -> None:
    resolver = Servers().resolver()
    assert code(ask(resolver, ASKED[:12])) == packet.FORMAT_ERROR
    assert asyncio.run(resolver.answer(reply(1), is_stream=False)) is None
    assert asyncio.run(resolver.answer(b"short", is_stream=False)) is None
    notify = ASKED[:2] + b"\x20" + ASKED[3:]
    assert code(ask(resolver, notify)) == packet.NOT_IMPLEMENTED


def test_beyond_a_number_questions_are_refused_instead_of_queued() -> None:
    gate: asyncio.Future[None]

    async def slow(server: str, asked: bytes, question: Question) -> tuple[Reply, bytes]:
        await gate
        raw = reply(0)
        return packet.read_reply(raw), raw

    async def run() -> list[int]:
        nonlocal gate
        gate = asyncio.get_running_loop().create_future()
        resolver = Resolver(lambda: 0.0, transports=Transports(slow, slow))
        resolver.forward(("a",))
        tasks = [asyncio.ensure_future(resolver.answer(ASKED, is_stream=False)) for _ in range(300)]
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        gate.set_result(None)
        await asyncio.gather(*tasks)
        return [code(task.result() or b"") for task in done]

    refused = asyncio.run(run())
    assert refused == [packet.SERVER_FAILURE] * 44
