"""What each platform is asked, and how its answers read.

The replies have the shape that the platforms' documentation describes; their values are made up.
"""

import base64
import gzip
import json
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ichor.errors import FormatError, InputError
from ichor.formats.platform import Answer, Bond, Instance, Link, Match, Network, Route, Vlan
from ichor.peers.platform.program import Get, Program, ReadDisk, Reply
from ichor.peers.platform.programs import program
from ichor.ports.config_sources import Platform

CONFIG = b"version: v1alpha1\nmachine:\n  type: worker\n"
HERE = "http://169.254.169.254"
MAC, OTHER = "52:54:00:12:34:56", "52:54:00:65:43:21"
Disks = Mapping[str, Mapping[str, bytes]]


def run(made: Program, pages: Mapping[str, bytes], disks: Disks | None = None) -> Answer | None:
    """Run a program over a map of replies; keys are as `GET url`, without GET in short."""
    reply: Reply = None
    try:
        while True:
            wanted = made.send(reply)
            if isinstance(wanted, ReadDisk):
                held = next((disks[x] for x in wanted.labels if disks and x in disks), None)
                reply = held and {name: held[name] for name in wanted.names if name in held}
            else:
                reply = page(wanted, pages)
    except StopIteration as end:
        answer: Answer | None = end.value
        return answer


def page(wanted: Get, pages: Mapping[str, bytes]) -> bytes | None:
    key = wanted.url if wanted.method == "GET" else f"{wanted.method} {wanted.url}"
    assert key in pages or wanted.optional, key
    return pages.get(key)


def asked(made: Program, reply: Reply) -> list[Get | ReadDisk]:
    """Give what a program asks first, and then, when that was answered so."""
    return [made.send(None), made.send(reply)]


def platform(name: str, pages: Mapping[str, bytes], disks: Disks | None = None) -> Answer:
    answer = run(program(Platform(name=name)), pages, disks)
    assert answer is not None
    return answer


def test_aws_draws_a_token_and_bears_it() -> None:
    first, second = asked(program(Platform(name="aws")), b"TOKEN\n")
    assert isinstance(first, Get)
    assert isinstance(second, Get)
    assert (first.method, first.url) == ("PUT", f"{HERE}/latest/api/token")
    assert first.headers == (("X-aws-ec2-metadata-token-ttl-seconds", "300"),)
    assert second.headers == (("X-aws-ec2-metadata-token", "TOKEN"),)


def test_aws() -> None:
    meta = {
        "instance-id": "i-0a1b2c",
        "instance-type": "m7g.large",
        "instance-life-cycle": "spot",
        "local-hostname": "ip-10-0-0-7.eu-central-1.compute.internal",
        "public-hostname": "ec2-192-0-2-7.example.org",
        "public-ipv4": "192.0.2.7",
        "placement/region": "eu-central-1",
        "placement/availability-zone": "eu-central-1b",
        "tags/instance": "Name\nTeam",
        "tags/instance/Name": "node seven",
        "tags/instance/Team": "blue",
    }
    pages = {f"{HERE}/latest/meta-data/{key}": value.encode() for key, value in meta.items()}
    pages |= {f"PUT {HERE}/latest/api/token": b"T", f"{HERE}/latest/user-data": CONFIG}
    expected = Instance(
        hostname=meta["local-hostname"],
        region="eu-central-1",
        zone="eu-central-1b",
        type="m7g.large",
        id="i-0a1b2c",
        provider_id="aws:///eu-central-1b/i-0a1b2c",
        spot=True,
        internal_dns=meta["local-hostname"],
        external_dns="ec2-192-0-2-7.example.org",
        external=("192.0.2.7",),
        tags={"Name": "node seven", "Team": "blue"},
    )
    assert platform("aws", pages) == Answer(config=CONFIG, instance=expected)


RESOURCE = "/subscriptions/0/resourceGroups/g/providers/Microsoft.Compute/x/vm-seven"
AZURE = {
    "compute": {
        "location": "westeurope",
        "name": "vm-seven",
        "osProfile": {"computerName": "seven"},
        "platformFaultDomain": "1",
        "priority": "Spot",
        "resourceId": RESOURCE,
        "tagsList": [{"name": "team", "value": "blue"}],
        "userData": base64.b64encode(CONFIG).decode(),
        "vmId": "0000-7",
        "vmSize": "Standard_D2s_v5",
        "zone": "2",
    },
    "network": {
        "interface": [
            {
                "ipv4": {"ipAddress": [{"privateIpAddress": "10.0.0.7", "publicIpAddress": ""}]},
                "ipv6": {"ipAddress": [{"publicIpAddress": "2001:db8::7"}]},
                "macAddress": "525400123456",
            }
        ]
    },
}


def test_azure() -> None:
    (wanted,) = [program(Platform(name="azure")).send(None)]
    assert isinstance(wanted, Get)
    assert wanted.headers == (("Metadata", "true"),)
    answer = platform("azure", {wanted.url: json.dumps(AZURE).encode()})
    assert answer.config == CONFIG
    one = answer.instance
    assert (one.hostname, one.region, one.zone) == ("seven", "westeurope", "westeurope-2")
    assert (one.id, one.type, one.spot) == ("0000-7", "Standard_D2s_v5", True)
    assert one.provider_id == f"azure://{RESOURCE}"
    assert (one.external, one.tags) == (("2001:db8::7",), {"team": "blue"})


GCP = {
    "instance": {
        "attributes": {"user-data": CONFIG.decode()},
        "hostname": "seven.c.project.internal",
        "id": 1234567890123456789,
        "machineType": "projects/42/machineTypes/e2-medium",
        "name": "seven",
        "networkInterfaces": [
            {"accessConfigs": [{"externalIp": "192.0.2.7"}], "mac": MAC, "mtu": 1460}
        ],
        "scheduling": {"preemptible": "TRUE"},
        "zone": "projects/42/zones/europe-west3-b",
    },
    "project": {"projectId": "project"},
}


def test_gcp() -> None:
    wanted = program(Platform(name="gcp")).send(None)
    assert isinstance(wanted, Get)
    assert wanted.headers == (("Metadata-Flavor", "Google"),)
    answer = platform("gcp", {wanted.url: json.dumps(GCP).encode()})
    link = Link(id="nic0", match=Match(mac=MAC), mtu=1460, dhcp4=True)
    assert answer.network == Network(links=(link,))
    one = answer.instance
    assert (one.region, one.zone, one.type) == ("europe-west3", "europe-west3-b", "e2-medium")
    assert one.provider_id == "gce://project/europe-west3-b/seven"
    assert (one.id, one.spot, one.external) == ("1234567890123456789", True, ("192.0.2.7",))
    assert answer.config == CONFIG


OPENSTACK = {
    "openstack/latest/meta_data.json": {
        "availability_zone": "nova",
        "hostname": "seven.example.org",
        "meta": {"role": "worker"},
        "uuid": "d8e02d56",
    },
    "openstack/latest/network_data.json": {
        "links": [
            {"id": "a", "type": "phy", "ethernet_mac_address": MAC.upper(), "mtu": 1442},
            {"id": "b", "type": "bond", "bond_links": ["a"], "bond_mode": "802.3ad"},
            {"id": "c", "type": "vlan", "vlan_id": "7", "vlan_link": "b"},
        ],
        "networks": [
            {
                "id": "n0",
                "link": "a",
                "type": "ipv4",
                "ip_address": "192.0.2.7",
                "netmask": "255.255.255.0",
                "gateway": "192.0.2.1",
                "routes": [
                    {"network": "198.51.100.0", "netmask": "255.255.255.0", "gateway": "192.0.2.2"}
                ],
                "services": [{"type": "dns", "address": "192.0.2.54"}],
            },
            {"id": "n1", "link": "c", "type": "ipv4_dhcp"},
        ],
        "services": [{"type": "dns", "address": "192.0.2.53"}],
    },
}
OPENSTACK_FILES = {name: json.dumps(value).encode() for name, value in OPENSTACK.items()}
OPENSTACK_FILES["openstack/latest/user_data"] = gzip.compress(CONFIG)


def test_openstack_by_its_disk_and_by_its_service() -> None:
    by_disk = platform("openstack", {}, {"config-2": OPENSTACK_FILES})
    pages = {f"{HERE}/{name}": content for name, content in OPENSTACK_FILES.items()}
    pages[f"{HERE}/latest/meta-data/instance-type"] = b"m1.small"
    by_service = platform("openstack", pages)
    assert by_service.network == by_disk.network
    assert by_service.config == by_disk.config == CONFIG
    assert by_service.instance.type == "m1.small"
    assert by_disk.instance.provider_id == "openstack:///d8e02d56"
    default = Route(gateway="192.0.2.1")
    other = Route(destination="198.51.100.0/24", gateway="192.0.2.2")
    assert by_disk.network == Network(
        links=(
            Link(
                id="a",
                match=Match(mac=MAC),
                mtu=1442,
                addresses=("192.0.2.7/24",),
                routes=(default, other),
            ),
            Link(id="b", bond=Bond(ports=("a",), mode="802.3ad")),
            Link(id="c", vlan=Vlan(id=7, parent="b"), dhcp4=True),
        ),
        name_servers=("192.0.2.53", "192.0.2.54"),
    )


HCLOUD = f"""\
availability-zone: nbg1-dc3
hostname: seven
instance-id: 4711
public-ipv4: 192.0.2.7
region: eu-central
network-config:
  version: 1
  config:
  - mac_address: {MAC}
    name: eth0
    subnets:
    - {{dns_nameservers: [192.0.2.53], ipv4: true, type: dhcp}}
    - {{address: "2001:db8::1/64", gateway: "fe80::1", ipv6: true, type: static}}
    type: physical
"""


def test_hcloud() -> None:
    root = f"{HERE}/hetzner/v1"
    answer = platform("hcloud", {f"{root}/metadata": HCLOUD.encode(), f"{root}/userdata": CONFIG})
    assert answer.config == CONFIG
    assert answer.instance.provider_id == "hcloud://4711"
    (link,) = answer.network.links
    assert (link.dhcp4, link.addresses) == (True, ("2001:db8::1/64",))
    assert link.routes == (Route(gateway="fe80::1"),)


EQUINIX = {
    "id": "e-7",
    "hostname": "seven",
    "plan": "c3.small.x86",
    "metro": "am",
    "facility": "am6",
    "tags": ["blue"],
    "private_subnets": ["10.0.0.0/8"],
    "network": {
        "bonding": {"mode": 4},
        "interfaces": [{"name": "eth0", "mac": MAC}, {"name": "eth1", "mac": OTHER}],
        "addresses": [
            {"address": "192.0.2.7", "cidr": 31, "gateway": "192.0.2.6", "public": True},
            {"address": "2001:db8::7", "cidr": 127, "gateway": "2001:db8::6", "public": True},
            {"address": "10.9.0.7", "cidr": 31, "gateway": "10.9.0.6", "public": False},
            {"address": "10.9.9.9", "cidr": 31, "gateway": "10.9.9.8", "enabled": False},
        ],
    },
}


def test_equinix() -> None:
    root = "https://metadata.platformequinix.com"
    pages = {f"{root}/metadata": json.dumps(EQUINIX).encode(), f"{root}/userdata": CONFIG}
    answer = platform("equinixMetal", pages)
    one, two, bond = answer.network.links
    assert (one.match.mac, two.match.mac) == (MAC, OTHER)
    assert bond == Link(
        id="bond0",
        bond=Bond(ports=("eth0", "eth1"), mode="802.3ad", miimon=100),
        addresses=("192.0.2.7/31", "2001:db8::7/127", "10.9.0.7/31"),
        routes=(
            Route(gateway="192.0.2.6"),
            Route(gateway="2001:db8::6"),
            Route(destination="10.0.0.0/8", gateway="10.9.0.6"),
        ),
    )
    assert answer.instance.external == ("192.0.2.7", "2001:db8::7")
    assert answer.instance.provider_id == "equinixmetal://e-7"


def test_equinix_of_a_mode_that_is_none() -> None:
    said = {"network": {"bonding": {"mode": 9}}}
    with pytest.raises(FormatError, match="9"):
        platform(
            "equinixMetal",
            {"https://metadata.platformequinix.com/metadata": json.dumps(said).encode()},
        )


DROPLET = {
    "droplet_id": 4711,
    "hostname": "seven",
    "region": "fra1",
    "tags": ["blue"],
    "user_data": CONFIG.decode(),
    "dns": {"nameservers": ["192.0.2.53"]},
    "interfaces": {
        "public": [
            {
                "mac": MAC,
                "ipv4": {
                    "ip_address": "192.0.2.7",
                    "netmask": "255.255.255.0",
                    "gateway": "192.0.2.1",
                },
                "anchor_ipv4": {"ip_address": "10.19.0.5", "netmask": "255.255.0.0"},
                "ipv6": {"ip_address": "2001:db8::7", "cidr": 64, "gateway": "2001:db8::1"},
            }
        ],
        "private": [
            {
                "mac": OTHER,
                "ipv4": {"ip_address": "10.0.0.7", "netmask": "255.0.0.0", "gateway": "10.0.0.1"},
            }
        ],
    },
}


def test_digital_ocean() -> None:
    answer = platform("digital-ocean", {f"{HERE}/metadata/v1.json": json.dumps(DROPLET).encode()})
    public, private = answer.network.links
    assert public.addresses == ("192.0.2.7/24", "10.19.0.5/16", "2001:db8::7/64")
    assert public.routes == (Route(gateway="192.0.2.1"), Route(gateway="2001:db8::1"))
    assert (private.addresses, private.routes) == (("10.0.0.7/8",), ())
    assert answer.instance.external == ("192.0.2.7",)
    assert answer.network.name_servers == ("192.0.2.53",)
    assert answer.config == CONFIG


VULTR = {
    "hostname": "seven",
    "instance-v2-id": "v-7",
    "region": {"regioncode": "AMS"},
    "interfaces": [
        {"mac": MAC, "network-type": "public", "ipv4": {"address": "192.0.2.7"}},
        {
            "mac": OTHER,
            "network-type": "private",
            "ipv4": {"address": "10.7.0.7", "netmask": "255.255.240.0"},
        },
    ],
}


def test_vultr() -> None:
    pages = {f"{HERE}/v1.json": json.dumps(VULTR).encode()}
    answer = platform("vultr", pages)
    public, private = answer.network.links
    assert (public.dhcp4, public.addresses) == (True, ())
    assert (private.dhcp4, private.addresses) == (False, ("10.7.0.7/20",))
    assert (answer.instance.id, answer.instance.region) == ("v-7", "ams")
    assert answer.config == b""  # none was given: 404


def test_oracle() -> None:
    said = {
        "availabilityDomain": "EU-FRANKFURT-1-AD-1",
        "canonicalRegionName": "eu-frankfurt-1",
        "hostname": "seven",
        "id": "ocid1.instance.7",
        "metadata": {"user_data": base64.b64encode(CONFIG).decode()},
        "shape": "VM.Standard.E4.Flex",
    }
    wanted = program(Platform(name="oracle")).send(None)
    assert isinstance(wanted, Get)
    assert wanted.headers == (("Authorization", "Bearer Oracle"),)
    answer = platform("oracle", {wanted.url: json.dumps(said).encode()})
    assert answer.config == CONFIG
    assert answer.instance.zone == "eu-frankfurt-1-ad-1"


def test_user_data_that_is_no_base64_is_refused() -> None:
    with pytest.raises(FormatError, match="base64"):
        platform(
            "oracle", {f"{HERE}/opc/v2/instance/": b'{"metadata": {"user_data": "not base64!"}}'}
        )


SEED = {
    "meta-data": b"instance-id: i-7\nlocal-hostname: seven.example.org\nregion: here\n",
    "user-data": CONFIG,
    "network-config": b"version: 2\nethernets: {eth0: {dhcp4: true}}\n",
}


def nocloud(serial: str, pages: Mapping[str, bytes], disks: Disks | None = None) -> Answer | None:
    return run(program(Platform(name="nocloud", serial=serial)), pages, disks)


@pytest.mark.parametrize("serial", ["", "VMware-42 1d", "ds=nocloud", "ds=other;s=http://x/"])
def test_nocloud_by_its_disk(serial: str) -> None:
    answer = nocloud(serial, {}, {"cidata": SEED})
    assert answer == Answer(
        config=CONFIG,
        instance=Instance(id="i-7", hostname="seven.example.org", region="here"),
        network=Network(links=(Link(id="eth0", dhcp4=True),)),
    )


def test_nocloud_by_a_server_that_the_serial_number_names() -> None:
    pages = {f"http://192.0.2.1/seed/{name}": content for name, content in SEED.items()}
    for base in ("http://192.0.2.1/seed/", "http://192.0.2.1/seed"):
        answer = nocloud(f"ds=nocloud-net;s={base};h=eight", pages, {"cidata": {}})
        assert answer is not None
        assert (answer.config, answer.instance.hostname) == (CONFIG, "eight")


def test_nocloud_needs_no_more_than_meta_data() -> None:
    answer = nocloud("ds=nocloud;s=http://x/", {"http://x/meta-data": b"{}"})
    assert answer == Answer()


def test_nocloud_without_a_disk_says_nothing_but_what_the_serial_number_does() -> None:
    assert nocloud("", {}) is None
    assert nocloud("ds=nocloud;h=eight;i=i-8", {}) == Answer(
        instance=Instance(hostname="eight", id="i-8")
    )


def test_metal_by_its_url_and_by_its_disk() -> None:
    by_url = run(program(Platform(name="metal", url="http://x/y")), {"http://x/y": CONFIG})
    by_disk = run(program(Platform(name="metal")), {}, {"metal-iso": {"config.yaml": CONFIG}})
    assert by_url == by_disk == Answer(config=CONFIG)
    assert run(program(Platform(name="metal")), {}, {}) is None


@pytest.mark.parametrize(
    "data",
    [b"#cloud-config\nusers: []\n", b"#!/bin/sh\n", b"Content-Type: multipart/mixed\n\n"],
)
def test_what_is_cloud_init_s_is_refused_by_name(data: bytes) -> None:
    for given_data in (data, gzip.compress(data)):
        with pytest.raises(InputError, match="cloud-init"):
            nocloud("", {}, {"cidata": {"user-data": given_data}})


def test_our_configuration_may_begin_with_anything_that_yaml_lets_pass() -> None:
    data = b"#cloud-config\n" + CONFIG
    answer = nocloud("", {}, {"cidata": {"user-data": data}})
    assert answer == Answer(config=data)


def test_user_data_of_spaces_is_none() -> None:
    assert nocloud("", {}, {"cidata": {"user-data": b"\n \n"}}) == Answer()


def test_an_unknown_platform_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(InputError, match="metal, nocloud, aws, azure"):
        program(Platform(name="vmware"))


NAMES = ["aws", "azure", "digital-ocean", "equinixMetal", "gcp", "hcloud", "openstack", "vultr"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["network", "interfaces", "ipv4", "mac", "links", "networks", "id", "type"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.sampled_from(NAMES), JSON | st.binary(max_size=30))
def test_whatever_a_server_says_is_read_or_refused(name: str, said: object) -> None:
    data = said if isinstance(said, bytes) else json.dumps(said).encode()
    made, reply = program(Platform(name=name)), None
    try:
        for _ in range(60):
            wanted = made.send(reply)
            reply = data if isinstance(wanted, Get) else None
    except (StopIteration, FormatError, InputError):
        pass
