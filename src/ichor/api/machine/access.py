"""Kubeconfig and GenerateClientConfiguration: fresh client certificates, by the CAs of this node.

The signer draws the keys; nothing of them stays here.
"""

from base64 import b64encode
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta

from google.protobuf.empty_pb2 import Empty

from ichor.api.machine.table import streaming, unary
from ichor.client.talosconfig import Context as ClientContext
from ichor.client.talosconfig import Talosconfig, write
from ichor.config.secret import Secret
from ichor.cosi.state import State, find
from ichor.errors import Conflict, InputError
from ichor.formats.yaml.write import dump
from ichor.pki.leaf import YEAR, Leaf, admin, os_client
from ichor.pki.roles import ASSIGNABLE
from ichor.pki.signing import Answer, SignLeaf
from ichor.ports.signer import Signing
from ichor.proto.common import common_pb2
from ichor.proto.machine import machine_pb2 as pb
from ichor.resources.config.active import ID, ActiveConfig
from ichor.resources.fields import CertificateAndKey
from ichor.resources.network.ids import NODE_ADDRESS_CURRENT_ID
from ichor.resources.network.node_address import NodeAddress
from ichor.resources.secrets.ids import KUBERNETES_ROOT_ID, OS_ROOT_ID
from ichor.resources.secrets.kubernetes import KubernetesRootSecret
from ichor.resources.secrets.os import OSRootSecret
from ichor.rpc.context import Context, Handler

_KUBECONFIG = "kubeconfig"


class AccessService:
    def __init__(self, state: State, signer: Signing) -> None:
        self._state = state
        self._signer = signer

    def handlers(self) -> Mapping[str, Handler]:
        return {
            **streaming("Kubeconfig", Empty, common_pb2.Data, self.kubeconfig),
            **unary(
                "GenerateClientConfiguration",
                pb.GenerateClientConfigurationRequest,
                pb.GenerateClientConfigurationResponse,
                self.client,
            ),
        }

    async def kubeconfig(self, request: Empty, context: Context) -> AsyncIterator[common_pb2.Data]:
        from ichor.api.machine.archive import of_file  # with tarfile, 360 KiB

        root = find(self._state, KubernetesRootSecret, KUBERNETES_ROOT_ID)
        if root is None:
            raise Conflict("this node has no Kubernetes yet")
        signed = await self._sign(root.spec.issuing_ca, admin(self._lifetime()), "p256")
        text = kubeconfig(root.spec, signed)
        for piece in of_file(_KUBECONFIG, text.encode()):
            yield common_pb2.Data(bytes=piece)

    async def client(
        self, request: pb.GenerateClientConfigurationRequest, context: Context
    ) -> pb.GenerateClientConfigurationResponse:
        root = find(self._state, OSRootSecret, OS_ROOT_ID)
        if root is None:
            raise Conflict("this node has no CA yet")
        lifetime = request.crt_ttl.ToTimedelta() or YEAR
        check(request.roles, lifetime)
        leaf = os_client(tuple(request.roles), lifetime)
        signed = await self._sign(root.spec.issuing_ca, leaf, "ed25519")
        ca = root.spec.issuing_ca.crt.decode()
        reply = pb.GenerateClientConfiguration(
            ca=ca.encode(),
            crt=signed.text.encode(),
            key=signed.key.encode(),
            talosconfig=self._talosconfig(ca, signed).encode(),
        )
        return pb.GenerateClientConfigurationResponse(messages=[reply])

    async def _sign(self, ca: CertificateAndKey, leaf: Leaf, algorithm: str) -> Answer:
        return await self._signer.ask(
            SignLeaf(
                algorithm=algorithm,
                common_name=leaf.common_name,
                organizations=leaf.organizations,
                usages=tuple(usage.value for usage in leaf.usages),
                lifetime=leaf.lifetime,
                ca_cert=ca.crt.decode(),
                ca_key=ca.key.decode(),
            )
        )

    def _lifetime(self) -> timedelta:
        config = find(self._state, ActiveConfig, ID)
        main = config.spec.value.main if config else None
        return main.cluster.admin_kubeconfig.cert_lifetime if main else YEAR

    def _talosconfig(self, ca: str, signed: Answer) -> str:
        config = find(self._state, ActiveConfig, ID)
        name = config.spec.value.cluster_name if config else ""
        current = find(self._state, NodeAddress, NODE_ADDRESS_CURRENT_ID)
        prefixes = current.spec.addresses if current else ()
        context = ClientContext(
            endpoints=tuple(str(prefix).partition("/")[0] for prefix in prefixes),
            ca=ca,
            crt=signed.text,
            key=Secret(signed.key),
        )
        name = name or "default"
        return write(Talosconfig(context=name, contexts={name: context}))


def check(roles: Sequence[str], lifetime: timedelta) -> None:
    """Refuse roles there are not, and lives that are none. Raises InputError."""
    unknown = sorted(set(roles) - ASSIGNABLE)
    if unknown or not roles:
        known = ", ".join(sorted(ASSIGNABLE))
        raise InputError(f"roles {unknown or 'none'}: expected some of {known}", path="roles")
    if lifetime <= timedelta(0):
        raise InputError("expected a time above zero", path="crt_ttl")


def kubeconfig(root: KubernetesRootSecret, signed: Answer) -> str:
    """Write the kubeconfig of an administrator."""
    user = f"admin@{root.name}"
    return dump(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [
                {
                    "name": root.name,
                    "cluster": {
                        "server": root.endpoint,
                        "certificate-authority-data": b64encode(root.issuing_ca.crt).decode(),
                    },
                }
            ],
            "users": [
                {
                    "name": user,
                    "user": {
                        "client-certificate-data": b64encode(signed.text.encode()).decode(),
                        "client-key-data": b64encode(signed.key.encode()).decode(),
                    },
                }
            ],
            "contexts": [
                {
                    "name": user,
                    "context": {"cluster": root.name, "namespace": "default", "user": user},
                }
            ],
            "current-context": user,
        }
    )
