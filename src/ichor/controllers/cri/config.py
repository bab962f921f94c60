"""CRIConfig: containerd's configuration file.

    runtime/HostFacts, config/ActiveConfig ─► files/EtcFileSpec "cri/containerd.toml"

One containerd serves pods (CRI, namespace k8s.io) and the system's own services. Before it takes an
image it runs what lies in VERIFIERS (pkg/imageverifier, 2.4.2), which asks machined; that holds for
what comes by its transfer service, so pods' images must come by it as well as ours. What it may not
do here is said by the host: without CAP_SYS_RESOURCE no score may be lowered, in a container there
is no AppArmor to load profiles into.
"""

from collections.abc import Iterator
from typing import Annotated

from msgspec import Struct

from ichor.config.versions import Source, image
from ichor.controllers.cri.hosts import DIRECTORY
from ichor.cosi.controller import Get, Out, Transform
from ichor.resources.config.active import ID as CONFIG_ID
from ichor.resources.config.active import ActiveConfig
from ichor.resources.files.etc import EtcFileSpec
from ichor.resources.runtime.host import ID, HostFacts

NAME = "cri/containerd.toml"
# Plugins that need what a node lacks, or that nobody here asks.
DISABLED = (
    "io.containerd.snapshotter.v1.erofs",
    "io.containerd.differ.v1.erofs",
    "io.containerd.snapshotter.v1.blockfile",
    "io.containerd.snapshotter.v1.native",
    "io.containerd.tracing.processor.v1.otlp",
    "io.containerd.internal.v1.tracing",
    "io.containerd.nri.v1.nri",
)
VERIFIERS = "/usr/lib/containerd/verifiers"  # of the root: one that were missing would be no no
TEMPLATE = """\
version = 3
root = "/var/lib/containerd"
state = "/run/containerd"
oom_score = 0
disabled_plugins = [{disabled}]

[grpc]
  address = "/run/containerd/containerd.sock"

[plugins."io.containerd.image-verifier.v1.bindir"]
  bin_dir = "{verifiers}"
  max_verifiers = -1
  per_verifier_timeout = "2m"

[plugins."io.containerd.cri.v1.images"]
  snapshotter = "overlayfs"
  use_local_image_pull = false
  [plugins."io.containerd.cri.v1.images".pinned_images]
    sandbox = "{pause}"
  [plugins."io.containerd.cri.v1.images".registry]
    config_path = "{hosts}"

[plugins."io.containerd.cri.v1.runtime"]
  restrict_oom_score_adj = {restrict_oom}
  disable_apparmor = {no_apparmor}
  [plugins."io.containerd.cri.v1.runtime".cni]
    bin_dirs = ["/opt/cni/bin"]
    conf_dir = "/etc/cni/net.d"
  [plugins."io.containerd.cri.v1.runtime".containerd]
    default_runtime_name = "runc"
    [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc.options]
        BinaryName = "/usr/bin/runc"
        SystemdCgroup = false
"""


class Inputs(Struct, frozen=True, kw_only=True):
    host: Annotated[HostFacts, Get("runtime", ID)]
    config: Annotated[ActiveConfig | None, Get("config", CONFIG_ID)] = None


def reconcile(inputs: Inputs) -> Iterator[tuple[str, EtcFileSpec]]:
    host = inputs.host
    source: Source = inputs.config.value.image_source if inputs.config is not None else "build"
    text = TEMPLATE.format(
        disabled=", ".join(f'"{plugin}"' for plugin in DISABLED),
        pause=image("pause", source),
        hosts=DIRECTORY,
        verifiers=VERIFIERS,
        restrict_oom="true" if host.restricts_oom else "false",
        no_apparmor="false" if host.has_apparmor else "true",
    )
    yield NAME, EtcFileSpec(contents=text, mode=0o600)


cri_config = Transform(
    name="cri.Config", inputs=Inputs, outputs=[Out(EtcFileSpec)], reconcile=reconcile
)
