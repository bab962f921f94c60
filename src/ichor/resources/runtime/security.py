"""The state of the kernel's and firmware's protections."""

from typing import ClassVar

from msgspec import field

from ichor.cosi.resource import Definition, Spec
from ichor.resources.fields import OmitEmpty
from ichor.resources.runtime.kinds import FIPSState, SELinuxState


class SecurityState(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="SecurityStates.talos.dev",
        namespace="runtime",
        aliases=("securitystate", "ss"),
        columns={
            "SecureBoot": "{.secureBoot}",
            "UKISigningKeyFingerprint": "{.ukiSigningKeyFingerprint}",
            "PCRSigningKeyFingerprint": "{.pcrSigningKeyFingerprint}",
            "SELinuxState": "{.selinuxState}",
            "ModuleSignatureEnforced": "{.moduleSignatureEnforced}",
        },
    )
    secure_boot: bool = False
    uki_signing_key_fingerprint: OmitEmpty[str] = ""
    pcr_signing_key_fingerprint: OmitEmpty[str] = ""
    selinux_state: OmitEmpty[SELinuxState] = SELinuxState.DISABLED
    fips_state: OmitEmpty[FIPSState] = FIPSState.DISABLED
    booted_with_uki: OmitEmpty[bool] = field(default=False, name="bootedWithUKI")
    module_signature_enforced: OmitEmpty[bool] = False
