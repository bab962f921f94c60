"""The bootstrap manifests: what a new cluster gets besides its control plane.

    BootstrapManifestsConfigs, bootstrap token ─► id: objects

| id | what |
|---|---|
| 00-kubelet-bootstrapping-token | the token with which a kubelet asks for its first certificate |
| 01-csr-node-bootstrap, -approver-, -renewal-role-binding | who may ask, who is approved |
| 10-kube-proxy | services, by nftables |
| 11-core-dns, 11-core-dns-svc | names |
| 11-kube-config-in-cluster | how pods on the host network find the API |
| 11-talos-node-rbac-template | what machined may read with its kubelet's certificate |
| 13-talos-service-account-crd | service accounts of the machine API |

The pod network is no manifest here: controllers of the node make it.
"""

from collections.abc import Mapping

from msgspec import Struct

from ichor.controllers.k8s import manifest_access, manifest_dns, manifest_proxy
from ichor.formats.jsonvalue import Object


class Inputs(Struct, frozen=True, kw_only=True):
    """proxy, dns: None if switched off. server: the URL of the API as pods on hosts see it."""

    server: str
    bootstrap_token: manifest_access.Token
    proxy: manifest_proxy.Inputs | None
    dns: manifest_dns.Inputs | None
    api_access: bool = False


def render(inputs: Inputs) -> Mapping[str, tuple[Object, ...]]:
    """Give the objects of each manifest, ids ascending."""
    manifests = {
        "00-kubelet-bootstrapping-token": (manifest_access.token_secret(inputs.bootstrap_token),),
        "01-csr-node-bootstrap": (manifest_access.node_bootstrap(),),
        "01-csr-approver-role-binding": (manifest_access.csr_approver(),),
        "01-csr-renewal-role-binding": (manifest_access.csr_renewal(),),
        "11-kube-config-in-cluster": (manifest_access.kubeconfig_in_cluster(inputs.server),),
        "11-talos-node-rbac-template": manifest_access.node_access(),
    }
    if inputs.proxy is not None:
        manifests["10-kube-proxy"] = manifest_proxy.render(inputs.proxy)
    if inputs.dns is not None:
        manifests["11-core-dns"] = manifest_dns.render(inputs.dns)
        manifests["11-core-dns-svc"] = (manifest_dns.service(inputs.dns),)
    if inputs.api_access:
        manifests["13-talos-service-account-crd"] = (manifest_access.service_account_crd(),)
    return dict(sorted(manifests.items()))
