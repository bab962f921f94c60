"""ManifestsApply: what a new cluster should have, it gets, once.

    controlplane/Manifest (all)                       ─┐
    secrets/Certificate "k8s-admin", KubernetesRoot   ─┼─► plan ─► Want, Apply
    etcd/EtcdStart                                    ─┘           ─► controlplane/ManifestStatus

What is created is decided by `manifest_apply`: what was there once and is gone stays gone.
Every control plane does this, one at a time: under etcd's lock, and only while what was decided
on still holds. So none creates what was deleted since it looked, or forgets what another applied.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated

from msgspec import Struct

from ichor.controllers.k8s import manifest_apply
from ichor.controllers.secrets.kubernetes_request import ADMIN
from ichor.cosi.controller import Actuator, All, Get, Out
from ichor.formats.jsonvalue import Object
from ichor.ports.cluster_manifests import Access, Action, ClusterManifests, Seen, Want
from ichor.ports.manifests import Apply
from ichor.resources.k8s.ids import CONTROL_PLANE_NAMESPACE_NAME, MANIFEST_STATUS_ID
from ichor.resources.k8s.manifest import Manifest, ManifestStatus
from ichor.resources.k8s.static_pod import StaticPod
from ichor.resources.secrets.certificate import Certificate
from ichor.resources.secrets.ids import KUBERNETES_ROOT_ID
from ichor.resources.secrets.kubernetes import KubernetesRootSecret


class Inputs(Struct, frozen=True, kw_only=True):
    manifests: Annotated[Mapping[str, Manifest], All(CONTROL_PLANE_NAMESPACE_NAME)] = {}
    root: Annotated[KubernetesRootSecret | None, Get("secrets", KUBERNETES_ROOT_ID)] = None
    admin: Annotated[Certificate | None, Get("secrets", ADMIN)] = None
    api_server: Annotated[StaticPod | None, Get("k8s", "kube-apiserver")] = None


def plan(inputs: Inputs, seen: Seen) -> Iterator[Action]:
    want = wanted(inputs)
    if want is None:
        return
    if seen.want != want or seen.observed is None:
        yield want
    else:
        steps = tuple(manifest_apply.plan(want.objects, seen.observed))
        if steps:
            yield Apply(basis=seen.observed, steps=steps)


def wanted(inputs: Inputs) -> Want | None:
    """Give what to look for and how, once there is an API server to ask."""
    root, admin = inputs.root, inputs.admin
    if root is None or admin is None or inputs.api_server is None or not inputs.manifests:
        return None
    port = root.local_endpoint.rpartition(":")[2]
    return Want(
        objects=tuple(
            as_json(item.object) for one in inputs.manifests.values() for item in one.items
        ),
        access=Access(
            host="localhost",
            port=int(port),
            ca="\n".join(accepted.crt.decode() for accepted in root.accepted_cas),
            cert=admin.cert,
            key=admin.key,
        ),
    )


def as_json(item: object) -> Object:
    return item  # type: ignore[return-value]  # JSON values, as its renderer made them


def report(inputs: Inputs, seen: Seen) -> Iterator[tuple[str, ManifestStatus]]:
    """Say that all was applied. Others build on it, so that new credentials do not withdraw it."""
    want = wanted(inputs)
    if seen.observed is None or want is None:
        return
    if not list(manifest_apply.plan(want.objects, seen.observed)):
        yield MANIFEST_STATUS_ID, ManifestStatus(manifests_applied=tuple(inputs.manifests))


def manifests_apply(port: ClusterManifests) -> Actuator[Inputs, Seen, Action]:
    return Actuator(
        name="k8s.ManifestsApply",
        inputs=Inputs,
        observe=port.observe,
        plan=plan,
        apply=port.apply,
        outputs=[Out(ManifestStatus)],
        report=report,
    )
