"""Enrolment: when a machine asks a control plane for a certificate, and what it does if refused."""

import hashlib
from collections.abc import Mapping
from datetime import timedelta

import pytest

from ichor.controllers.secrets.api_sans import api_sans
from ichor.controllers.secrets.enrolment import at_port, enrolment
from ichor.controllers.secrets.issuance import issuance
from ichor.controllers.secrets.join_token import Inputs, join_token
from ichor.cosi.failures import ControllerStatus
from ichor.errors import InputError
from ichor.models import issuance as model
from ichor.ports.issuance import Action, Enrol
from ichor.resources.config.kinds import MachineKind
from ichor.resources.config.machine import MachineType
from ichor.resources.fields import Certificate as Trusted
from ichor.resources.k8s.endpoint import Endpoint, merged
from ichor.resources.network.hostname import HostnameStatus
from ichor.resources.network.node_address import NodeAddress
from ichor.resources.secrets.certificate import Certificate, CertificateRequest, Issuer
from ichor.resources.secrets.os import CertSAN, JoinToken, OSRootSecret
from ichor.testing.engine import START, World, run
from ichor.testing.port import Modelled

TOKEN = "abcdef.0123456789abcdef"
ROOT = OSRootSecret(accepted_cas=(Trusted(crt=b"one\n"), Trusted(crt=b"two")), token=TOKEN)
Held = Mapping[str, Certificate]


def request(issuer: Issuer = Issuer.TRUSTD, name: str = "w") -> CertificateRequest:
    return CertificateRequest(issuer=issuer, common_name=name, lifetime=timedelta(hours=24))


def living(observed: Held, action: Action) -> Held:
    """The model, but what is issued has a life."""
    after = dict(model.model(observed, action))
    if isinstance(action, Enrol):
        old = after[action.id]
        after[action.id] = Certificate(
            request=old.request,
            cert=f"issued over {len(observed)}",
            key=old.key,
            authority=action.accepted,
            not_before=START,
            not_after=START + timedelta(hours=24),
        )
    return after


class Port(Modelled[Held, Action]):
    """trustd of the model, which notes what it was asked."""

    def __init__(self) -> None:
        super().__init__({}, living)
        self.asked: list[Enrol] = []
        self.refuses = False
        self.fail = self._hear

    def _hear(self, action: Action) -> None:
        if isinstance(action, Enrol):
            self.asked.append(action)
            if self.refuses:
                raise InputError("trustd at 10.0.0.1:50001: the join token is missing or wrong")

    async def apply(self, action: Action) -> None:  # type: ignore[override]  # ports are async
        super().apply(action)


def world(port: Port) -> World:
    made = World([enrolment(port)])
    made.put(ROOT, "os")
    made.put(Endpoint(addresses=("10.0.0.1",), hosts=("plane.example",)), "controlplane")
    made.put(request(), "api-server")
    made.settle()
    return made


def test_a_request_is_brought_to_every_known_control_plane() -> None:
    port = Port()
    made = world(port)
    (asked,) = port.asked
    assert asked.endpoints == ("10.0.0.1:50001", "plane.example:50001")
    assert asked.token.reveal() == TOKEN
    assert asked.accepted == "one\ntwo"
    assert TOKEN not in repr(asked)
    assert made.spec(Certificate, "api-server") is not None


@pytest.mark.parametrize("issuer", [Issuer.OS, Issuer.SELF])
def test_what_another_signs_is_left_to_it(issuer: Issuer) -> None:
    port = Port()
    made = world(port)
    made.put(request(issuer), "other")
    made.settle()
    assert {asked.id for asked in port.asked} == {"api-server"}
    assert made.spec(Certificate, "other") is None


def test_both_issuers_keep_to_their_own() -> None:
    ours, local = Port(), Modelled[Held, Action]({}, model.model)
    made = World([enrolment(ours), issuance(local)])  # type: ignore[arg-type]  # not async, which is fine too
    made.put(ROOT, "os")
    made.put(Endpoint(addresses=("10.0.0.1",)), "controlplane")
    made.put(request(), "api-server")
    made.put(request(Issuer.SELF), "maintenance")
    made.settle()
    assert set(made.specs(Certificate)) == {"api-server", "maintenance"}


def test_a_certificate_is_renewed_at_half_of_its_life_and_no_sooner() -> None:
    port = Port()
    made = world(port)
    made.advance(timedelta(hours=11, minutes=59))
    assert len(port.asked) == 1
    made.advance(timedelta(minutes=1))
    assert len(port.asked) >= 2


def test_names_that_change_bring_a_new_certificate() -> None:
    port = Port()
    made = world(port)
    made.put(request(name="renamed"), "api-server")
    made.settle()
    assert [asked.request.common_name for asked in port.asked] == ["w", "renamed"]


def test_cas_that_change_bring_a_new_certificate() -> None:
    port = Port()
    made = world(port)
    made.put(OSRootSecret(accepted_cas=(Trusted(crt=b"three"),), token=TOKEN), "os")
    made.settle()
    assert [asked.accepted for asked in port.asked] == ["one\ntwo", "three"]


def test_a_refusal_changes_nothing_is_shown_and_tried_again_ever_more_rarely() -> None:
    port = Port()
    made = world(port)
    held = made.spec(Certificate, "api-server")
    port.refuses = True
    made.put(request(name="renamed"), "api-server")
    made.settle()
    (status,) = made.specs(ControllerStatus).values()
    assert "join token is missing or wrong" in status.error
    assert TOKEN not in status.error
    assert made.spec(Certificate, "api-server") == held
    made.advance(timedelta(minutes=10))
    assert 10 < len(port.asked) < 40
    port.refuses = False
    made.advance(timedelta(minutes=1))
    assert made.specs(ControllerStatus) == {}
    assert made.spec(Certificate, "api-server") != held


def test_without_a_known_control_plane_a_machine_waits() -> None:
    port = Port()
    made = World([enrolment(port)])
    made.put(ROOT, "os")
    made.put(request(), "api-server")
    made.settle()
    assert port.asked == []
    assert made.specs(ControllerStatus) == {}
    made.put(Endpoint(addresses=("10.0.0.9",)), "discovery")
    made.settle()
    assert [asked.endpoints for asked in port.asked] == [("10.0.0.9:50001",)]


def test_a_wish_that_is_gone_takes_its_certificate_along() -> None:
    made = world(Port())
    made.remove(CertificateRequest, "api-server")
    made.settle()
    assert made.specs(Certificate) == {}


def test_an_address_of_ipv6_is_written_in_brackets() -> None:
    assert at_port("fd00::1") == "[fd00::1]:50001"


def test_endpoints_are_joined_addresses_first_each_once() -> None:
    one = Endpoint(addresses=("10.0.0.1",), hosts=("plane.example",))
    two = Endpoint(addresses=("10.0.0.2", "10.0.0.1"))
    assert merged([one, two]) == ("10.0.0.1", "10.0.0.2", "plane.example")


def test_only_a_control_plane_is_told_the_digest_of_the_token() -> None:
    plane = Inputs(machine=MachineType(type=MachineKind.CONTROLPLANE), root=ROOT)
    digest = hashlib.sha256(TOKEN.encode()).hexdigest()
    assert run(join_token, plane) == {"trustd": JoinToken(sha256=digest)}
    worker = Inputs(machine=MachineType(type=MachineKind.WORKER), root=ROOT)
    assert run(join_token, worker) == {}


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        (MachineKind.CONTROLPLANE, ("localhost", "node", "plane.example")),
        (MachineKind.WORKER, ("localhost", "node")),
    ],
)
def test_a_control_plane_is_certified_for_the_endpoint_by_which_it_is_found(
    kind: MachineKind, names: tuple[str, ...]
) -> None:
    wanted = api_sans.inputs(
        root=ROOT,
        hostname=HostnameStatus(hostname="node"),
        addresses=NodeAddress(addresses=("10.0.0.1/24",)),
        machine=MachineType(type=kind),
        endpoint=Endpoint(hosts=("plane.example",)),
    )
    assert run(api_sans, wanted) == {
        "api": CertSAN(ips=("10.0.0.1", "127.0.0.1", "::1"), dns_names=names, fqdn="node")
    }
