"""trustd as machines that want in find it, and as machined has it."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.apps.node import TOKEN, Plane, apid, machined, trustd

from ichor.api import access
from ichor.apps.machined.enrolment import TrustdIssuance
from ichor.apps.trustd.throttle import ADDRESSES, MISTAKES, PERIOD_S, Throttle, network_of
from ichor.client.state import StateClient
from ichor.config.secret import Secret
from ichor.cosi.resource import Spec
from ichor.errors import InputError, TransientError
from ichor.pki import certificate as x509
from ichor.ports.issuance import Enrol
from ichor.proto.security import security_pb2 as pb
from ichor.resources.secrets.api import ApiCertificate, TrustdCertificate
from ichor.resources.secrets.certificate import Authority, CertificateRequest, Issuer
from ichor.resources.secrets.os import JoinToken, OSRootSecret
from ichor.rpc.client import Channel
from ichor.rpc.method import method
from ichor.rpc.peer import TcpTarget
from ichor.rpc.status import Code, RpcError
from ichor.rpc.tls import Chain, ClientTls, client_context

CERTIFY = method(
    pb, "SecurityService", "Certificate", pb.CertificateRequest, pb.CertificateResponse
)
WANTED = CertificateRequest(
    issuer=Issuer.TRUSTD,
    common_name="worker",
    organizations=("os:admin",),
    dns_names=("worker",),
    ips=("127.0.0.1",),
)


def run(what: Coroutine[None, None, None]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(30):
            await what

    asyncio.run(bounded())


def enrol(plane: Plane, *ports: int, token: str = TOKEN, accepted: str = "") -> Enrol:
    return Enrol(
        id="api-server",
        request=WANTED,
        endpoints=tuple(f"127.0.0.1:{port}" for port in ports),
        token=Secret(token),
        accepted=accepted or plane.ca,
    )


def test_the_right_token_brings_a_server_certificate_and_nothing_more(tmp_path: Path) -> None:
    async def check() -> None:
        plane = Plane()
        async with trustd(plane, tmp_path) as port:
            issuance = TrustdIssuance(plane.signer)
            await issuance.apply(enrol(plane, port))
            held = issuance.observe()["api-server"]
        leaf = x509.parse_pem(held.cert)
        assert (leaf.common_name, leaf.organizations) == ("worker", ())
        assert leaf.usages == (x509.SERVER_AUTH,)
        assert (leaf.dns_names, leaf.addresses) == (("worker",), ("127.0.0.1",))
        assert timedelta(hours=24) <= held.not_after - held.not_before < timedelta(hours=26)

    run(check())


def test_a_wrong_token_is_refused_and_nothing_is_held(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def check() -> None:
        plane, wrong = Plane(), "wrong0.0123456789abcdef"
        async with trustd(plane, tmp_path) as port:
            issuance = TrustdIssuance(plane.signer)
            with pytest.raises(InputError, match="missing or wrong") as refused:
                await issuance.apply(enrol(plane, port, token=wrong))
            assert issuance.observe() == {}
        for text in (str(refused.value), caplog.text):
            assert wrong not in text
            assert TOKEN not in text

    run(check())


def test_a_trustd_of_another_ca_is_not_shown_the_token(tmp_path: Path) -> None:
    async def check() -> None:
        async with trustd(Plane(), tmp_path) as port:
            plane = Plane()
            with pytest.raises(TransientError, match="CERTIFICATE_VERIFY_FAILED"):
                await TrustdIssuance(plane.signer).apply(enrol(plane, port))

    run(check())


def test_a_silent_control_plane_is_passed_over_and_a_refusal_is_what_is_told(
    tmp_path: Path,
) -> None:
    async def check() -> None:
        plane = Plane()
        async with trustd(plane, tmp_path) as port:
            issuance = TrustdIssuance(plane.signer)
            await issuance.apply(enrol(plane, 1, port))
            assert "api-server" in issuance.observe()
            with pytest.raises(InputError, match="missing or wrong"):
                await issuance.apply(enrol(plane, port, 1, token="wrong"))

    run(check())


@pytest.mark.parametrize(
    "metadata", [(), (("token", "wrong"),), (("token", ""),), (("token", TOKEN), ("token", TOKEN))]
)
def test_no_token_and_two_are_refused_as_a_wrong_one_is(
    tmp_path: Path, metadata: tuple[tuple[str, str], ...]
) -> None:
    async def check() -> None:
        plane = Plane()
        async with trustd(plane, tmp_path) as port:
            tls = ClientTls(client_context(plane.ca.encode()))
            channel = Channel(TcpTarget("127.0.0.1", port, tls))
            with pytest.raises(RpcError, match="missing or wrong") as refused:
                await channel.unary(CERTIFY, pb.CertificateRequest(csr=b"x"), metadata=metadata)
            assert refused.value.code is Code.UNAUTHENTICATED
            await channel.close()

    run(check())


def test_one_who_guesses_is_not_listened_to_even_with_the_right_token(tmp_path: Path) -> None:
    async def check() -> None:
        plane = Plane()
        async with trustd(plane, tmp_path) as port:
            tls = ClientTls(client_context(plane.ca.encode()))
            channel = Channel(TcpTarget("127.0.0.1", port, tls))
            codes = []
            for token in (*(["wrong"] * (MISTAKES + 2)), TOKEN):
                with pytest.raises(RpcError) as refused:
                    await channel.unary(
                        CERTIFY, pb.CertificateRequest(csr=b"x"), metadata=(("token", token),)
                    )
                codes.append(refused.value.code)
            assert codes[:MISTAKES] == [Code.UNAUTHENTICATED] * MISTAKES
            assert set(codes[MISTAKES:]) == {Code.RESOURCE_EXHAUSTED}
            await channel.close()

    run(check())


@pytest.mark.parametrize("csr", [b"nonsense", b"\xff\xfe", b"x" * (17 << 10)])
def test_what_is_no_request_is_refused_as_such(tmp_path: Path, csr: bytes) -> None:
    async def check() -> None:
        plane = Plane()
        async with trustd(plane, tmp_path) as port:
            tls = ClientTls(client_context(plane.ca.encode()))
            channel = Channel(TcpTarget("127.0.0.1", port, tls))
            with pytest.raises(RpcError) as refused:
                await channel.unary(
                    CERTIFY, pb.CertificateRequest(csr=csr), metadata=(("token", TOKEN),)
                )
            assert refused.value.code is Code.INVALID_ARGUMENT
            await channel.close()

    run(check())


@pytest.mark.parametrize("hidden", [OSRootSecret, Authority, ApiCertificate])
def test_trustd_is_shown_its_certificate_and_a_digest_and_no_key_of_a_ca(
    tmp_path: Path, hidden: type[Spec]
) -> None:
    async def check() -> None:
        async with machined(Plane(), tmp_path / "m.sock", access.TRUSTD) as channel:
            state = StateClient(channel)
            shown = [await anext(state.watch(JoinToken, "trustd"))]
            assert TOKEN not in repr(shown)
            assert await anext(state.watch(TrustdCertificate, "trustd")) is not None
            with pytest.raises(RpcError, match="not authorized"):
                await anext(state.watch(hidden, "os"))
            with pytest.raises(RpcError, match="not authorized"):
                await state.get(JoinToken, "trustd")

    run(check())


def test_a_token_that_was_changed_lets_nobody_in_any_more(tmp_path: Path) -> None:
    async def check() -> None:
        plane = Plane()
        async with trustd(plane, tmp_path) as port:
            root = plane.world.spec(OSRootSecret, "os")
            assert root is not None
            plane.world.put(replace(root, token="changed.0123456789abcdef"), "os")
            plane.world.settle()
            issuance = TrustdIssuance(plane.signer)
            changed = enrol(plane, port, token="changed.0123456789abcdef")
            while not issuance.observe():
                with suppress(InputError):  # until trustd has heard of it
                    await issuance.apply(changed)
            with pytest.raises(InputError, match="missing or wrong"):
                await issuance.apply(enrol(plane, port))

    run(check())


def test_a_rack_that_boots_at_once_is_served(tmp_path: Path) -> None:
    async def check() -> None:
        plane = Plane()
        async with trustd(plane, tmp_path) as port:
            machines = [TrustdIssuance(plane.signer) for _ in range(20)]
            await asyncio.gather(*(one.apply(enrol(plane, port)) for one in machines))
            keys = {one.observe()["api-server"].key.reveal() for one in machines}
            assert len(keys) == 20

    run(check())


@pytest.mark.parametrize("daemon", ["apid", "trustd"])
def test_a_renewed_certificate_is_shown_while_old_connections_live_on(
    tmp_path: Path, daemon: str
) -> None:
    async def check() -> None:
        plane = Plane()
        served = apid if daemon == "apid" else trustd
        async with served(plane, tmp_path) as port:
            kept, first = await connected(plane, port)
            plane.world.advance(timedelta(hours=12, minutes=1))
            while True:
                fresh, leaf = await connected(plane, port)
                await fresh.close()
                if leaf.fingerprint != first.fingerprint:
                    break
            assert leaf.not_after > first.not_after
            connection = kept._endpoints[0]._connection
            await answered(kept)
            assert kept._endpoints[0]._connection is connection
            await kept.close()

    run(check())


async def connected(plane: Plane, port: int) -> tuple[Channel, x509.Certificate]:
    """Give a channel that is connected and what it was shown; its time is not ours, so any goes."""
    chains: list[Chain] = []
    tls = ClientTls(client_context(b"", plane.user, insecure=True), verify=chains.append)
    channel = Channel(TcpTarget("127.0.0.1", port, tls))
    await answered(channel)
    return channel, x509.parse(chains[0][0])


async def answered(channel: Channel) -> None:
    """Call what no server has: its saying so is the answer."""
    with pytest.raises(RpcError) as error:
        await channel.raw_unary("/absent.Service/Method", b"")
    assert error.value.code is Code.UNIMPLEMENTED


def test_mistakes_drip_out_with_time() -> None:
    now = [0.0]
    throttle = Throttle(lambda: now[0])
    for _ in range(MISTAKES):
        assert throttle.admits("10.0.0.1")
        throttle.refused("10.0.0.1")
    assert not throttle.admits("10.0.0.1")
    assert throttle.admits("10.0.0.2")
    now[0] += PERIOD_S
    assert throttle.admits("10.0.0.1")
    now[0] += MISTAKES * PERIOD_S
    assert throttle.refused("10.0.0.1")  # the first of a new series, which is worth a line


def test_who_was_wrong_longest_ago_is_forgotten_when_the_table_is_full() -> None:
    throttle = Throttle(lambda: 0.0)
    for n in range(ADDRESSES + 5):
        throttle.refused(f"10.0.{n >> 8}.{n & 255}")
    assert len(throttle._empty_at) == ADDRESSES
    assert "10.0.0.4" not in throttle._empty_at
    assert "10.0.0.5" in throttle._empty_at


def test_a_machine_with_a_prefix_of_ipv6_counts_as_one() -> None:
    assert network_of("2001:db8::1") == network_of("2001:db8::ffff:1")
    assert network_of("2001:db8::1") != network_of("2001:db8:0:1::1")
    assert network_of("::ffff:10.0.0.1") == network_of("10.0.0.1")
