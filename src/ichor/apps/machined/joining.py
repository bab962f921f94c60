"""Joining's part of the wiring: certificates from a control plane, trustd, discovery.

world = adapters(signer, clock)     what there is on a node
controllers(world)                  who uses it
"""

from dataclasses import dataclass

from ichor.apps.machined.enrolment import TrustdIssuance
from ichor.controllers.cluster.affiliate_merge import affiliate_merge
from ichor.controllers.cluster.config import discovery_config
from ichor.controllers.cluster.discovery import discovery
from ichor.controllers.cluster.endpoint import discovered_endpoint
from ichor.controllers.cluster.info import info
from ichor.controllers.cluster.local_affiliate import local_affiliate
from ichor.controllers.cluster.member import member
from ichor.controllers.k8s.static_endpoint import static_endpoint
from ichor.controllers.runtime.trustd_service import trustd_service
from ichor.controllers.secrets.enrolment import enrolment
from ichor.controllers.secrets.join_token import join_token
from ichor.cosi.controller import Controller
from ichor.peers.rendezvous import Rendezvous
from ichor.ports.clock import Clock
from ichor.ports.issuance import Issuance
from ichor.ports.rendezvous import Leave
from ichor.ports.rendezvous import Rendezvous as RendezvousPort
from ichor.ports.signer import Signing


@dataclass(frozen=True, slots=True, kw_only=True)
class JoiningWorld:
    enrolment: Issuance
    rendezvous: RendezvousPort


def adapters(signer: Signing, clock: Clock) -> JoiningWorld:
    """Give the adapters of a node."""
    return JoiningWorld(enrolment=TrustdIssuance(signer), rendezvous=Rendezvous(clock))


async def withdraw(world: JoiningWorld) -> None:
    """Have every discovery service forget this node: it is being reset."""
    for service in tuple(world.rendezvous.observe()):
        await world.rendezvous.apply(Leave(service=service))


def controllers(world: JoiningWorld) -> tuple[Controller, ...]:
    return (
        join_token,
        static_endpoint,
        enrolment(world.enrolment),
        trustd_service,
        discovery_config,
        info,
        local_affiliate,
        discovery(world.rendezvous),
        affiliate_merge,
        member,
        discovered_endpoint,
    )
