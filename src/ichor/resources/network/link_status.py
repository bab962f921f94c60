"""Links as they are."""

from typing import ClassVar

from msgspec import field

from ichor.cosi.resource import Definition, Spec
from ichor.resources.fields import HardwareAddr, LinkFlags, LinkType, OmitEmpty
from ichor.resources.network.link import VLAN, BondMaster, BridgeMaster, Veth, VRFMaster, Wireguard
from ichor.resources.network.link_kinds import Duplex, OperationalState, Port


class LinkStatus(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="LinkStatuses.net.talos.dev",
        namespace="network",
        aliases=("link", "links", "linkstatus", "ls"),
        columns={
            "Alias": "{.alias}",
            "Type": "{.type}",
            "Kind": "{.kind}",
            "Hw Addr": "{.hardwareAddr}",
            "Oper State": "{.operationalState}",
            "Link State": "{.linkState}",
        },
    )
    alias: OmitEmpty[str] = ""
    alt_names: OmitEmpty[tuple[str, ...]] = ()
    index: int = 0
    type: LinkType = "netrom"
    link_index: int = 0
    flags: LinkFlags = ""
    hardware_addr: HardwareAddr = ""
    permanent_addr: HardwareAddr = ""
    broadcast_addr: HardwareAddr = ""
    mtu: int = 0
    queue_disc: str = ""
    master_index: OmitEmpty[int] = 0
    operational_state: OperationalState = OperationalState.UNKNOWN
    kind: str = ""
    slave_kind: str = ""
    bus_path: OmitEmpty[str] = ""
    pci_id: OmitEmpty[str] = field(default="", name="pciID")
    driver: OmitEmpty[str] = ""
    driver_version: OmitEmpty[str] = ""
    firmware_version: OmitEmpty[str] = ""
    product_id: OmitEmpty[str] = field(default="", name="productID")
    vendor_id: OmitEmpty[str] = field(default="", name="vendorID")
    product: OmitEmpty[str] = ""
    vendor: OmitEmpty[str] = ""
    link_state: bool = False
    speed_mbit: OmitEmpty[int] = 0
    port: Port = Port.TWISTED_PAIR
    duplex: Duplex = Duplex.HALF
    vlan: OmitEmpty[VLAN | None] = None
    bridge_master: OmitEmpty[BridgeMaster | None] = None
    bond_master: OmitEmpty[BondMaster | None] = None
    vrf_master: OmitEmpty[VRFMaster | None] = None
    wireguard: OmitEmpty[Wireguard | None] = None
    veth: OmitEmpty[Veth | None] = None
