"""Configurations with a document of every kind, for a control plane and for a worker."""

import json
from collections.abc import Sequence
from functools import cache

from tests.config import samples

from ichor.config import generate
from ichor.config.container import Config
from ichor.config.decode import decode
from ichor.config.document import identity
from ichor.config.validate import validate

DISCOVERY = "https://192.0.2.9:8443/"
# In the place of what `gen config` writes, or beside it: one document of every kind.
COMMON = """
apiVersion: v1alpha1
kind: StaticHostConfig
name: 192.0.2.53
hostnames: [given.example.com]
---
apiVersion: v1alpha1
kind: EnvironmentConfig
variables: {http_proxy: "http://192.0.2.3:3128"}
---
apiVersion: v1alpha1
kind: SysctlConfig
params: {net.ipv4.ip_forward: "1"}
---
apiVersion: v1alpha1
kind: KubeStaticPodConfig
name: given
pod: {apiVersion: v1, kind: Pod, metadata: {name: given}}
---
apiVersion: v1alpha1
kind: ImageCacheConfig
local: {enabled: false}
---
apiVersion: v1alpha1
kind: RegistryMirrorConfig
name: registry.example.com
endpoints: [{url: "https://192.0.2.4:5000"}]
---
apiVersion: v1alpha1
kind: RegistryAuthConfig
name: 192.0.2.4:5000
username: given
password: given
---
apiVersion: v1alpha1
kind: RegistryAuthConfig
name: other.example.com
auth: Z2l2ZW46Z2l2ZW4=
---
apiVersion: v1alpha1
kind: VolumeConfig
name: EPHEMERAL
provisioning: {minSize: 3GiB, maxSize: 9GiB}
encryption: {provider: luks2, keys: [{slot: 0, static: {passphrase: given}}]}
mount: {secure: true}
---
apiVersion: v1alpha1
kind: UnattendedInstallConfig
provisioning: {diskSelector: {match: disk.size > 8u * GB}}
---
apiVersion: v1alpha1
kind: VolumeConfig
name: STATE
encryption: {provider: luks2, keys: [{slot: 0, tpm: {options: {pcrs: [7]}}}]}
"""
# Of machines: links of each kind. What a bond may be told depends on its mode.
LINKS = """
apiVersion: v1alpha1
kind: TimeSyncConfig
bootTimeout: 1m
ntp: {servers: [192.0.2.123]}
---
apiVersion: v1alpha1
kind: LinkConfig
name: eth0
addresses: [{address: 192.0.2.10/24}]
routes: [{gateway: 192.0.2.1}, {destination: 198.51.100.0/24, gateway: 192.0.2.2}]
---
apiVersion: v1alpha1
kind: LinkAliasConfig
name: lan
selector: {match: mac(link.permanent_addr) == "02:00:5e:00:53:03"}
---
apiVersion: v1alpha1
kind: LinkConfig
name: lan
mtu: 1400
---
apiVersion: v1alpha1
kind: DummyLinkConfig
name: dummy0
addresses: [{address: 10.0.0.1/24}]
routes: [{destination: 10.0.9.0/24, gateway: 10.0.0.2}]
---
apiVersion: v1alpha1
kind: VLANConfig
name: eth0.7
addresses: [{address: 10.1.0.1/24}]
routes: [{destination: 10.1.9.0/24, gateway: 10.1.0.2}]
vlanID: 7
parent: eth0
---
apiVersion: v1alpha1
kind: BondConfig
name: lacp
addresses: [{address: 10.2.0.1/24}]
routes: [{destination: 10.2.9.0/24, gateway: 10.2.0.2}]
links: [eth3]
bondMode: 802.3ad
miimon: 100
updelay: 100
downdelay: 100
peerNotifDelay: 100
---
apiVersion: v1alpha1
kind: BondConfig
name: backup
links: [eth2, eth1]
bondMode: active-backup
primary: eth2
arpInterval: 100
arpIpTargets: [192.0.2.1]
---
apiVersion: v1alpha1
kind: BondConfig
name: balanced
bondMode: balance-rr
---
apiVersion: v1alpha1
kind: BondConfig
name: tlb
bondMode: balance-tlb
---
apiVersion: v1alpha1
kind: BridgeConfig
name: bridge0
addresses: [{address: 10.3.0.1/24}]
routes: [{destination: 10.3.9.0/24, gateway: 10.3.0.2}]
links: [eth4]
---
apiVersion: v1alpha1
kind: VRFConfig
name: red
addresses: [{address: 10.4.0.1/24}]
routes: [{destination: 10.4.9.0/24, gateway: 10.4.0.2}]
table: "42"
links: [dummy0]
---
apiVersion: v1alpha1
kind: VethConfig
name: veth0
addresses: [{address: 10.5.0.1/24}]
routes: [{destination: 10.5.9.0/24, gateway: 10.5.0.2}]
peer:
  name: veth1
  addresses: [{address: 10.20.0.1/24}]
  routes: [{destination: 10.20.9.0/24, gateway: 10.20.0.2}]
---
apiVersion: v1alpha1
kind: WireguardConfig
name: wg0
addresses: [{address: 10.6.0.1/24}]
routes: [{destination: 10.6.9.0/24, gateway: 10.6.0.2}]
privateKey: mFB0b0l3cUxNQjFVQWxvS1BkSEFkUW5NR3dYaUVYMEc=
peers: [{publicKey: xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=}]
---
apiVersion: v1alpha1
kind: EthernetConfig
name: eth0
features: {rx-gro: true}
rings: {rx: 256}
channels: {combined: 2}
wakeOnLan: [magic]
---
apiVersion: v1alpha1
kind: DHCPv4Config
name: eth5
---
apiVersion: v1alpha1
kind: DHCPv4Config
name: eth1
clientIdentifier: duid
duidRaw: 00:03:00:01:02
---
apiVersion: v1alpha1
kind: DHCPv6Config
name: eth5
clientIdentifier: duid
duidRaw: 00:03:00:01:02
---
apiVersion: v1alpha1
kind: BlackholeRouteConfig
name: 203.0.113.0/24
---
apiVersion: v1alpha1
kind: RoutingRuleConfig
name: "1000"
fwMark: 1
fwMask: 3
table: "42"
"""
ONLY = {
    "controlplane": """
apiVersion: v1alpha1
kind: KubeInlineManifestConfig
name: given
manifest: "{kind: ConfigMap, apiVersion: v1, metadata: {name: given}}"
---
apiVersion: v1alpha1
kind: Layer2VIPConfig
name: 192.0.2.200
link: eth0
---
apiVersion: v1alpha1
kind: KubeAuthorizerConfig
name: webhook
type: Webhook
webhook: {timeout: 3s}
---
apiVersion: v1alpha1
kind: KubeNetworkConfig
podSubnets: [10.244.0.0/16, "fd00:10:244::/56"]
serviceSubnets: [10.96.0.0/12]
""",
    "worker": """
apiVersion: v1alpha1
kind: HostnameConfig
hostname: given.example.com
---
apiVersion: v1alpha1
kind: ResolverConfig
hostDNS: {enabled: true}
---
"""
    + LINKS,
}


def generated(machine: str) -> Config:
    make = generate.control_plane if machine == "controlplane" else generate.worker
    return make(samples.request(DISCOVERY), samples.secrets())


@cache
def base(machine: str) -> Config:
    """Give what `gen config` writes, with a document of each other kind."""
    written = generated(machine)
    assert written.os_ca is not None
    more = decode("\n---\n".join((*certified(), COMMON, ONLY[machine]))).documents
    given = {identity(one) for one in more}
    kept = (one for one in written.documents if identity(one) not in given)
    config = Config(documents=(*kept, *more))
    assert not validate(config, "container").errors
    return config


def certified() -> Sequence[str]:
    """Give documents that hold certificates."""
    certs = samples.secrets().certs
    ca, key = json.dumps(certs.os.crt), json.dumps(certs.os.key.reveal())
    head = "apiVersion: v1alpha1\nname: registry.example.com\nkind:"
    return (
        "apiVersion: v1alpha1\nkind: ImageVerificationConfig\nrules:\n"
        f"- {{image: a.example/**, publicKey: {{certificate: {ca}}}}}\n"
        "- {image: b.example/**, skip: true}\n- {image: c.example/**, deny: true}",
        f"{head} TrustedRootsConfig\ncertificates: {ca}",
        f"{head} RegistryTLSConfig\nca: {ca}\nclientIdentity: {{cert: {ca}, key: {key}}}",
    )
