"""The kubelet's command line.

KubeletConfigs, Nodename, NodeIPs ─► arguments
"""

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from ichor.formats.flags import Flag, command_line, denied, replaceable

CONFIG = "/etc/kubernetes/kubelet.yaml"
BOOTSTRAP_KUBECONFIG = "/etc/kubernetes/bootstrap-kubeconfig"
KUBECONFIG = "/etc/kubernetes/kubeconfig-kubelet"
PKI = "/var/lib/kubelet/pki"


class Inputs(Struct, frozen=True, kw_only=True):
    nodename: str
    node_ips: tuple[str, ...]
    extra_args: Mapping[str, Sequence[str]] = {}
    skip_node_registration: bool = False
    external_cloud_provider: bool = False
    credential_provider: bool = False


def render(inputs: Inputs) -> tuple[str, ...]:
    """Give the arguments. Raises InputError for a user's flag that is ours."""
    return command_line(_flags(inputs), inputs.extra_args, path="$.KubeletConfig.extraArgs")


def _flags(inputs: Inputs) -> Iterator[Flag]:
    yield denied("config", CONFIG)
    yield denied("cert-dir", PKI)
    yield replaceable("hostname-override", inputs.nodename)
    yield denied("container-runtime-endpoint")  # in the configuration file
    yield denied("container-runtime")
    registers = not inputs.skip_node_registration
    yield denied("bootstrap-kubeconfig", *([BOOTSTRAP_KUBECONFIG] if registers else []))
    yield denied("kubeconfig", *([KUBECONFIG] if registers else []))
    if inputs.node_ips:
        yield replaceable("node-ip", ",".join(inputs.node_ips))
    if inputs.external_cloud_provider:
        yield replaceable("cloud-provider", "external")
    if inputs.credential_provider:
        programs = "/usr/local/lib/kubelet/credentialproviders"
        file = "/etc/kubernetes/kubelet-credentialproviderconfig.yaml"
        yield denied("image-credential-provider-bin-dir", programs)
        yield denied("image-credential-provider-config", file)
