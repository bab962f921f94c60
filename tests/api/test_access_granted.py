import asyncio
import base64
import io
import os
import tarfile
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest
import yaml
from google.protobuf.empty_pb2 import Empty
from tests.api.serving import CLOCK, memory, refused, serving

from ichor.api.machine.access import AccessService
from ichor.apps.signer.main import reply
from ichor.client.talosconfig import read
from ichor.cosi.resource import resource
from ichor.pki import certificate as x509
from ichor.pki.issue import Pair, make_ca
from ichor.pki.leaf import Algorithm
from ichor.pki.signing import Answer, Question
from ichor.proto.common import common_pb2
from ichor.proto.machine import machine_pb2 as pb
from ichor.resources.fields import CertificateAndKey
from ichor.resources.network.node_address import NodeAddress
from ichor.resources.secrets.kubernetes import KubernetesRootSecret
from ichor.resources.secrets.os import OSRootSecret
from ichor.rpc.status import Code, RpcError


class RealSigner:
    """The signer's own function, without its process."""

    async def ask(self, question: Question) -> Answer:
        return reply(question, CLOCK.now())


def ca(name: str, algorithm: Algorithm) -> Pair:
    return make_ca(name, algorithm, now=CLOCK.now(), entropy=os.urandom)


def both(pair: Pair) -> CertificateAndKey:
    return CertificateAndKey(crt=pair.certificate.encode(), key=pair.key.encode())


def service(*, is_ready: bool = True) -> AccessService:
    state = memory()
    if is_ready:
        root = KubernetesRootSecret(
            name="c1",
            endpoint="https://10.0.0.2:6443",
            issuing_ca=both(ca("kubernetes", Algorithm.P256)),
        )
        state.create(resource(root, "k8s"))
        os_root = OSRootSecret(issuing_ca=both(ca("talos", Algorithm.ED25519)))
        state.create(resource(os_root, "os"))
        state.create(resource(NodeAddress(addresses=("10.0.0.2/24",)), "current"))
    return AccessService(state, RealSigner())


def kubeconfig(tmp_path: Path, served: AccessService) -> dict[str, object]:
    async def run() -> bytes:
        async with serving(tmp_path, served.handlers()) as node:
            stream = node.stream("Kubeconfig", Empty(), common_pb2.Data)
            return b"".join([one.bytes async for one in stream])

    with tarfile.open(fileobj=io.BytesIO(asyncio.run(run()))) as tar:
        assert tar.getnames() == ["kubeconfig"]
        file = tar.extractfile("kubeconfig")
        assert file is not None
        return cast("dict[str, object]", yaml.safe_load(file))


def client(
    tmp_path: Path, roles: list[str], ttl: timedelta = timedelta()
) -> pb.GenerateClientConfiguration:
    request = pb.GenerateClientConfigurationRequest(roles=roles)
    request.crt_ttl.FromTimedelta(ttl)

    async def run() -> pb.GenerateClientConfigurationResponse:
        async with serving(tmp_path, service().handlers()) as node:
            response = pb.GenerateClientConfigurationResponse
            return await node.call("GenerateClientConfiguration", request, response)

    return asyncio.run(run()).messages[0]


def test_a_kubeconfig_is_of_a_fresh_administrator(tmp_path: Path) -> None:
    found = kubeconfig(tmp_path, service())
    assert found["current-context"] == "admin@c1"
    users = cast("list[dict[str, dict[str, str]]]", found["users"])
    pem = base64.b64decode(users[0]["user"]["client-certificate-data"]).decode()
    leaf = x509.parse_pem(pem)
    assert (leaf.common_name, leaf.organizations) == ("admin", ("system:masters",))
    assert leaf.is_client_only
    assert leaf.not_after - CLOCK.now() == timedelta(days=365)


def test_without_kubernetes_there_is_no_kubeconfig(tmp_path: Path) -> None:
    with pytest.raises(RpcError) as caught:
        kubeconfig(tmp_path, service(is_ready=False))
    refused(caught.value, Code.FAILED_PRECONDITION)


def test_a_client_configuration_has_the_roles_and_the_life_asked_for(tmp_path: Path) -> None:
    made = client(tmp_path, ["os:reader"], timedelta(hours=2))
    leaf = x509.parse_pem(made.crt.decode())
    assert leaf.organizations == ("os:reader",)
    assert leaf.is_client_only
    assert leaf.not_after - CLOCK.now() == timedelta(hours=2)
    context = read(made.talosconfig).current()
    assert context.endpoints == ("10.0.0.2",)
    assert context.crt == made.crt.decode()


@pytest.mark.parametrize("roles", [[], ["os:impersonator"], ["king"]])
def test_roles_that_nobody_gets_are_refused(tmp_path: Path, roles: list[str]) -> None:
    with pytest.raises(RpcError) as caught:
        client(tmp_path, roles)
    refused(caught.value, Code.INVALID_ARGUMENT, "roles")
