"""A rule for images: who must have signed those of a pattern. Ids in the order of the rules."""

from typing import ClassVar

from ichor.cosi.resource import Definition, Spec
from ichor.resources.fields import OmitEmpty, Part


class ImageKeylessVerifier(Part, frozen=True, kw_only=True, rename="camel"):
    issuer: str = ""
    subject: OmitEmpty[str] = ""
    subject_regex: OmitEmpty[str] = ""


class ImagePublicKeyVerifier(Part, frozen=True, kw_only=True):
    """certificate: PEM, or a public key."""

    certificate: str = ""


class ImageVerificationRule(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="ImageVerificationRules.security.talos.dev",
        namespace="security",
        aliases=("imageverificationrule", "ivr", "ivrs"),
        columns={"Pattern": "{.imagePattern}", "Skip": "{.skip}", "Deny": "{.deny}"},
    )
    image_pattern: OmitEmpty[str] = ""
    skip: bool = False
    deny: bool = False
    keyless_verifier: OmitEmpty[ImageKeylessVerifier | None] = None
    public_key_verifier: OmitEmpty[ImagePublicKeyVerifier | None] = None
