"""ImageVerification: the rules for images, as the configuration has them.

config/ActiveConfig ─► security/ImageVerificationRule "0000", "0001", …
"""

from collections.abc import Iterator
from typing import Annotated

from msgspec import Struct

from ichor.config.documents.image_verification import ImageVerificationConfig
from ichor.cosi.controller import Get, Out, Transform
from ichor.resources.config.active import ID as CONFIG_ID
from ichor.resources.config.active import ActiveConfig
from ichor.resources.security.image_verification_rule import (
    ImagePublicKeyVerifier,
    ImageVerificationRule,
)


class Inputs(Struct, frozen=True, kw_only=True):
    config: Annotated[ActiveConfig | None, Get("config", CONFIG_ID)] = None


def reconcile(inputs: Inputs) -> Iterator[tuple[str, ImageVerificationRule]]:
    document = inputs.config.value.one(ImageVerificationConfig) if inputs.config else None
    for index, rule in enumerate(document.rules if document else ()):
        key = rule.public_key
        yield (
            f"{index:04d}",
            ImageVerificationRule(
                image_pattern=rule.image,
                skip=rule.skip,
                deny=rule.deny,
                public_key_verifier=ImagePublicKeyVerifier(certificate=key.certificate)
                if key
                else None,
            ),
        )


image_verification = Transform(
    name="security.ImageVerification",
    inputs=Inputs,
    outputs=[Out(ImageVerificationRule)],
    reconcile=reconcile,
)
