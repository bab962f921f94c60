"""CNIConfig: the file by which containerd learns how pods get their interface.

pod_network_inputs ─► files/FileSpec "/etc/cni/net.d/10-flannel.conflist"

containerd calls the node's network ready when the file is there, so it comes with the node's pod
network and not before.
"""

from collections.abc import Iterator

from ichor.config.secret import Secret
from ichor.controllers.k8s import cni_conflist
from ichor.controllers.k8s.pod_network_inputs import Inputs, wanted
from ichor.cosi.controller import Out, Transform
from ichor.formats.jsonvalue import canonical
from ichor.resources.files.file import FileSpec

DIRECTORY = "/etc/cni/net.d"


def reconcile(inputs: Inputs) -> Iterator[tuple[str, FileSpec]]:
    held = wanted(inputs)
    conflist = cni_conflist.render(held.pod_cidrs, held.pod_mtu) if held else None
    if conflist is not None:
        content = Secret(canonical(conflist).decode() + "\n")
        yield cni_conflist.PATH, FileSpec(content=content, mode=0o644)


cni_config = Transform(
    name="k8s.CNIConfig", inputs=Inputs, outputs=[Out(FileSpec)], reconcile=reconcile
)
