"""The mesh between nodes: identity, peers, endpoints."""

from datetime import datetime
from typing import ClassVar

from msgspec import field

from ichor.cosi.resource import Definition, Spec
from ichor.resources.fields import NO_TIME, Address, AddressPort, OmitEmpty, Prefix
from ichor.resources.kubespan.kinds import PeerState


class KubeSpanConfig(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="KubeSpanConfigs.kubespan.talos.dev",
        namespace="config",
        aliases=("kubespanconfig", "ksc", "kscs"),
        sensitive=True,
    )
    enabled: bool = False
    cluster_id: str = ""
    shared_secret: str = ""
    force_routing: bool = False
    advertise_kubernetes_networks: bool = False
    mtu: OmitEmpty[int] = 0
    endpoint_filters: OmitEmpty[tuple[str, ...]] = ()
    harvest_extra_endpoints: bool = False
    extra_endpoints: OmitEmpty[tuple[AddressPort, ...]] = ()
    exclude_advertised_networks: OmitEmpty[tuple[Prefix, ...]] = ()


class KubeSpanEndpoint(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="KubeSpanEndpoints.kubespan.talos.dev",
        namespace="kubespan",
        aliases=("kubespanendpoint", "kse", "kses"),
        columns={"Endpoint": "{.endpoint}", "Affiliate ID": "{.affiliateID}"},
    )
    affiliate_id: str = field(default="", name="affiliateID")
    endpoint: AddressPort = ""


class KubeSpanIdentity(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="KubeSpanIdentities.kubespan.talos.dev",
        namespace="kubespan",
        aliases=("kubespanidentity", "ksi", "ksis"),
        columns={"Address": "{.address}", "PublicKey": "{.publicKey}"},
        sensitive=True,
    )
    address: Prefix = ""
    subnet: Prefix = ""
    private_key: str = ""
    public_key: str = ""


class KubeSpanPeerSpec(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="KubeSpanPeerSpecs.kubespan.talos.dev",
        namespace="kubespan",
        aliases=("kubespanpeerspec", "ksps"),
        columns={"Label": "{.label}", "Endpoints": "{.endpoints}"},
    )
    address: Address = ""
    allowed_ips: tuple[Prefix, ...] = field(default=(), name="allowedIPs")
    endpoints: tuple[AddressPort, ...] = ()
    label: str = ""


class KubeSpanPeerStatus(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="KubeSpanPeerStatuses.kubespan.talos.dev",
        namespace="kubespan",
        aliases=("kubespanpeerstatus", "ksps"),
        columns={
            "Label": "{.label}",
            "Endpoint": "{.endpoint}",
            "State": "{.state}",
            "Rx": "{.receiveBytes}",
            "Tx": "{.transmitBytes}",
        },
    )
    endpoint: AddressPort = ""
    label: str = ""
    state: PeerState = PeerState.UNKNOWN
    receive_bytes: int = 0
    transmit_bytes: int = 0
    last_handshake_time: datetime = NO_TIME
    last_used_endpoint: AddressPort = ""
    last_endpoint_change: datetime = NO_TIME
