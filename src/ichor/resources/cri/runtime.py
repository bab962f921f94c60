"""What the container runtime is told besides its own file."""

from typing import ClassVar

from ichor.cosi.resource import Definition, Spec
from ichor.resources.fields import Object


class SeccompProfile(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="SeccompProfiles.cri.talos.dev",
        namespace="cri",
        aliases=("seccompprofile", "sp", "sps"),
    )
    name: str = ""
    value: Object = {}


class BaseRuntimeSpecConfig(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="BaseRuntimeSpecConfigs.cri.talos.dev",
        namespace="cri",
        aliases=("baseruntimespecconfig", "brsc", "brscs"),
    )


class CustomizationConfig(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="CustomizationConfigs.cri.talos.dev",
        namespace="cri",
        aliases=("customizationconfig", "cc", "ccs"),
        sensitive=True,
    )
    content: str = ""
