"""Which images a node pulls: rules by name, and the first that fits says what is asked of an image.

An image that no rule fits is pulled; a last rule `**` with `deny: true` is how all others are not.
"""

from collections.abc import Iterator
from typing import Annotated, ClassVar

from ichor.config.document import Document, Fault, Part
from ichor.config.field import ALWAYS, PUBLIC_KEY
from ichor.errors import FormatError
from ichor.formats import image_pattern
from ichor.pki.public import check_verifier


class PublicKey(Part, frozen=True, kw_only=True):
    """certificate: of whose key must have signed, or that key alone, PEM.

    Its key counts and nothing else of it: neither its dates nor who issued it.
    """

    certificate: Annotated[str, PUBLIC_KEY, ALWAYS]

    def faults(self) -> Iterator[Fault]:
        try:
            check_verifier(self.certificate)
        except FormatError as err:
            yield Fault("certificate", f"expected {err.expected}")


class Rule(Part, frozen=True, kw_only=True):
    """image: a pattern of names, where `*` stands for anything but `/` and `**` for anything.

    skip: such images are pulled unverified; deny: never. Keyless signatures are not supported yet.
    """

    UNSUPPORTED: ClassVar[frozenset[str]] = frozenset({"keyless"})

    image: Annotated[str, ALWAYS]
    skip: bool = False
    deny: bool = False
    public_key: PublicKey | None = None

    def faults(self) -> Iterator[Fault]:
        try:
            image_pattern.check(self.image)
        except FormatError as err:
            yield Fault("image", f"expected {err.expected}")
        if self.skip + self.deny + (self.public_key is not None) != 1:
            yield Fault("", "expected one of skip, deny and publicKey")


class ImageVerificationConfig(Document, frozen=True, kw_only=True):
    KIND: ClassVar[str] = "ImageVerificationConfig"

    rules: tuple[Rule, ...] = ()

    def faults(self) -> Iterator[Fault]:
        if not self.rules:
            yield Fault("rules", "expected at least one rule")
        seen: set[str] = set()
        for index, rule in enumerate(self.rules):
            if rule.image in seen:
                yield Fault(f"rules[{index}].image", "an earlier rule has the same pattern")
            seen.add(rule.image)
