"""Machines join a cluster: with the token and the right CA, and in no other way."""

import os
import signal
import ssl
from collections.abc import Iterable
from pathlib import Path

import msgspec
import pytest
from tests.join import nodes
from tests.join.nodes import Joined, apply, config_of, console, processes, soon, until, version

from ichor.client.state import StateClient
from ichor.config.bundle import Bundle, TrustdInfo
from ichor.config.secret import Secret
from ichor.cosi.resource import Spec
from ichor.pki import certificate as x509
from ichor.proto.machine import machine_pb2 as pb
from ichor.provision import discovery
from ichor.provision.record import Node
from ichor.resources.cluster.affiliate import Affiliate, Member
from ichor.resources.cluster.identity import Info
from ichor.resources.k8s.endpoint import Endpoint
from ichor.resources.v1alpha1.service import Service
from ichor.rpc.client import Channel
from ichor.rpc.method import method
from ichor.rpc.status import Code, RpcError
from ichor.rpc.tls import Chain, ClientTls, client_context

pytestmark = [pytest.mark.cluster, pytest.mark.root]
APID, TRUSTD = 50, 51
RESET = method(pb, "MachineService", "Reset", pb.ResetRequest, pb.ResetResponse)


def test_a_worker_answers_over_mtls_with_the_certificate_it_was_given(joined: Joined) -> None:
    print({name: round(value, 3) for name, value in joined.seconds.items()})
    chains: list[Chain] = []
    tls = ClientTls(joined.tls.context, verify=chains.append)
    joined.run(version(joined.worker, tls))
    leaf = x509.parse(chains[0][0])
    assert joined.worker.address in leaf.addresses
    assert leaf.usages == (x509.SERVER_AUTH,)
    assert leaf.organizations == ()
    assert "certified a machine" in console(joined.plane)


def test_the_control_plane_passes_calls_on_to_the_worker(joined: Joined) -> None:
    plane, worker = joined.plane, joined.worker
    joined.run(version(plane, joined.tls, [("node", worker.address)]))
    both = [("nodes", plane.address), ("nodes", worker.address)]
    answers = joined.run(version(plane, joined.tls, both))
    assert {one.metadata.hostname for one in answers} == {plane.address, worker.address}
    assert not any(one.metadata.error for one in answers)


def test_a_node_that_does_not_answer_is_named_beside_those_that_do(joined: Joined) -> None:
    absent = "10.9.0.200"
    asked = [("nodes", joined.worker.address), ("nodes", absent)]
    answers = joined.run(version(joined.plane, joined.tls, asked))
    errors = {one.metadata.hostname: one.metadata.error for one in answers}
    assert errors[joined.worker.address] == ""
    assert "UNAVAILABLE" in errors[absent]


def test_a_caller_without_a_certificate_gets_nowhere(joined: Joined) -> None:
    foreign = nodes.client_tls(nodes.bundle())
    foreign.context.check_hostname = False
    foreign.context.verify_mode = ssl.CERT_NONE
    for tls in (foreign, ClientTls(client_context(b"", insecure=True))):
        with pytest.raises(RpcError) as refused:
            joined.run(version(joined.worker, tls))
        assert refused.value.code is Code.UNAVAILABLE


async def held(joined: Joined, node: Node, spec: type[Spec], ids: Iterable[str] = ()) -> list[Spec]:
    link = nodes.channel(node, joined.tls)
    try:
        found = await StateClient(link).list(spec)
        return [one.spec for one in found if not ids or one.id in set(ids)]
    finally:
        await link.close()


def test_nodes_that_know_a_discovery_service_know_each_other(joined: Joined) -> None:
    async def check() -> None:
        for node in (joined.plane, joined.worker):

            async def knows_both(node: Node = node) -> bool:
                return len(await held(joined, node, Member)) == 2

            await until(knows_both)
            assert len(await held(joined, node, Affiliate)) == 2
            (info,) = await held(joined, node, Info)
            assert isinstance(info, Info)
            assert info.cluster_name == joined.cluster.name
            endpoints = await held(joined, node, Endpoint, ["discovery"])
            assert endpoints == [Endpoint(addresses=(joined.plane.address,))]

    joined.run(check())


def wrong_token(secrets: Bundle) -> Bundle:
    return msgspec.structs.replace(
        secrets, trustd=TrustdInfo(token=Secret("wrong0.0123456789abcdef"))
    )


def test_a_worker_with_a_wrong_token_is_refused_and_says_so(joined: Joined) -> None:
    node, token = joined.cluster.nodes[2], "wrong0.0123456789abcdef"
    asked = nodes.request(joined.cluster)

    async def check() -> None:
        await apply(node, config_of(node, asked, wrong_token(joined.secrets)))

        async def refused_twice() -> bool:
            return "the join token is missing or wrong" in console(node)

        await until(refused_twice)
        with pytest.raises(RpcError):
            await version(node, joined.tls)

    joined.run(check())
    assert "refused a join token" in nodes.log(joined.plane, "trustd")
    right = joined.secrets.trustd.token.reveal()
    for one in (joined.plane, node):
        for text in (console(one), nodes.log(one, "trustd")):
            assert token not in text
            assert right not in text


def test_a_worker_of_a_foreign_ca_does_not_even_show_its_token(joined: Joined) -> None:
    node = joined.cluster.nodes[3]
    foreign = nodes.bundle()
    asked = nodes.request(joined.cluster)
    before = nodes.log(joined.plane, "trustd").count("refused a join token")

    async def check() -> None:
        await apply(node, config_of(node, asked, foreign))

        async def refused() -> bool:
            return "CERTIFICATE_VERIFY_FAILED" in console(node)

        await until(refused)
        with pytest.raises(RpcError):
            await version(node, nodes.client_tls(foreign))

    joined.run(check())
    assert nodes.log(joined.plane, "trustd").count("refused a join token") == before


@pytest.mark.parametrize(("role", "uid"), [("plane", APID), ("plane", TRUSTD), ("worker", APID)])
def test_a_daemon_that_is_killed_comes_back(joined: Joined, role: str, uid: int) -> None:
    node = joined.plane if role == "plane" else joined.worker
    (before,) = processes(node, uid)
    os.kill(before, signal.SIGKILL)

    async def check() -> None:
        async def is_back() -> bool:
            return processes(node, uid) not in ([], [before])

        await until(is_back)
        await soon(lambda: version(node, joined.tls))

    joined.run(check())


def test_trustd_may_do_nothing_but_talk(joined: Joined) -> None:
    (pid,) = processes(joined.plane, TRUSTD)
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    status = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
    assert set(status["Uid"].split()) == {str(TRUSTD)}
    assert {status[name] for name in ("CapEff", "CapPrm", "CapBnd")} == {"0" * 16}
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")
    groups = Path(f"/proc/{pid}/cgroup").read_text().splitlines()
    assert any(line.endswith("/system/trustd") for line in groups)
    rolled = Path(f"/proc/{pid}/smaps_rollup").read_text()
    sizes = {line.split()[0]: line.split()[1] for line in rolled.splitlines()[1:]}
    print("trustd PSS", sizes["Pss:"], "kB, private", sizes["Private_Dirty:"], "kB")


def test_trustd_is_a_service_that_is_healthy_and_a_worker_has_none(joined: Joined) -> None:
    async def check() -> None:
        async def is_healthy() -> bool:
            return await held(joined, joined.plane, Service, ["trustd"]) == [
                Service(running=True, healthy=True, unknown=False)
            ]

        await until(is_healthy)
        assert await held(joined, joined.worker, Service, ["trustd"]) == []

    joined.run(check())


@pytest.mark.parametrize(("role", "port"), [("plane", 50000), ("plane", 50001), ("worker", 50000)])
def test_new_certificates_are_shown_while_old_connections_live_on(
    joined: Joined, role: str, port: int
) -> None:
    node = joined.plane if role == "plane" else joined.worker
    uid = TRUSTD if port == 50001 else APID
    name = f"rotated-{port}.example"
    before = processes(node, uid)

    async def check() -> None:
        kept = nodes.channel(node, joined.tls, port)
        await answers(kept)
        connection = kept._endpoints[0]._connection
        asked = nodes.request(joined.cluster, discovery.endpoint(joined.cluster), (name,))
        await apply(node, config_of(node, asked, joined.secrets), joined.tls)

        async def is_shown() -> bool:
            return name in (await shown(joined, node, port)).dns_names

        await until(is_shown)
        await answers(kept)
        assert kept._endpoints[0]._connection is connection
        await kept.close()

    joined.run(check())
    assert processes(node, uid) == before


async def shown(joined: Joined, node: Node, port: int) -> x509.Certificate:
    """Give the certificate a new connection is shown."""
    chains: list[Chain] = []
    link = nodes.channel(node, ClientTls(joined.tls.context, verify=chains.append), port)
    try:
        await answers(link)
    finally:
        await link.close()
    return x509.parse(chains[0][0])


async def answers(link: Channel) -> None:
    """Call something that every server knows, or knows not to have."""
    try:
        await link.raw_unary("/grpc.health.v1.Health/Check", b"", timeout_s=10)
    except RpcError as err:
        assert err.code is not Code.UNAVAILABLE, err  # noqa: PT017 - any other word is an answer


def test_a_node_that_is_reset_takes_back_what_it_said(joined: Joined) -> None:
    """The last test: the worker is gone after it."""

    async def check() -> None:
        asked = pb.ResetRequest(graceful=False, reboot=False)
        await nodes.call(joined.worker, joined.tls, RESET, asked)

        async def is_alone() -> bool:
            return len(await held(joined, joined.plane, Member)) == 1

        await until(is_alone)

    joined.run(check())
