"""May this image be taken? The rules of the configuration, by the first that fits its name.

    no rule, or skip                 yes, unverified
    deny                             no
    publicKey   the image's digest ─► its signatures, from where the image comes from
                ─► those that mean this digest and this repository ─► the signer: is one by the key?

Whatever keeps a signature from being read or checked is a no: a rule that asks for one is not met.
"""

import asyncio
from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from ichor.cosi.state import State, find, find_all
from ichor.errors import FormatError, IchorError, InputError, NotFound, TransientError
from ichor.formats import image_pattern, simple_signing
from ichor.formats.jsonvalue import decode_object
from ichor.formats.reference import Reference, parse
from ichor.pki.signing import CheckSignatures, Signed
from ichor.ports.registry import Access, Credentials, Registries
from ichor.ports.signer import Signing
from ichor.resources.cri.ids import REGISTRIES_CONFIG_ID
from ichor.resources.cri.registry import RegistryConfig
from ichor.resources.security.image_verification_rule import ImageVerificationRule

_WHOLE_S: Final = 90.0  # less than who asks waits: machined/verifying.py
_PAYLOAD_S: Final = 10.0  # so that one that hangs does not keep the others from being read


class Refused(IchorError):  # noqa: N818 - an outcome, as Conflict is
    """The image must not be taken; says why."""


class Verdict(Struct, frozen=True, kw_only=True):
    """The image may be taken. is_verified: whether a rule asked for a signature, and has it."""

    is_verified: bool
    message: str
    image: Reference


class Verification:
    """state: has the rules and the registries."""

    def __init__(self, state: State, registries: Registries, signer: Signing) -> None:
        self._state = state
        self._registries = registries
        self._signer = signer
        self._turn = asyncio.Lock()  # the signer's memory is for one at a time

    async def resolve(self, name: Reference, credentials: Credentials | None = None) -> Reference:
        """Give a name its digest, from the registry. Raises NotFound, TransientError."""
        if name.digest:
            return name
        found = await self._registries.manifest(name, self._access(credentials))
        return name._replace(digest=found.digest)

    async def judge(
        self, name: str, digest: str, credentials: Credentials | None = None
    ) -> Verdict:
        """Raises Refused. digest: what the name was resolved to, by who is about to take it."""
        rules = self._rules()
        image = _named(name, digest, is_asked=bool(rules))
        # A tag beside a digest is whatever its author likes: nothing is let through for its sake.
        pinned = "@" in name
        found = next(
            (
                one
                for one in rules
                if image_pattern.fits(one.image_pattern, image, by_tag=not (one.skip and pinned))
            ),
            None,
        )
        if found is None:
            return Verdict(is_verified=False, message="no rule is about it", image=image)
        pattern = found.image_pattern
        if found.skip:
            return Verdict(is_verified=False, message=f"skipped by rule {pattern!r}", image=image)
        if found.deny:
            raise Refused(f"denied by rule {pattern!r}")
        if found.public_key_verifier is None:
            raise Refused(f"rule {pattern!r} asks for what cannot be verified here")
        try:
            async with asyncio.timeout(_WHOLE_S):
                await self._verify(image, found.public_key_verifier.certificate, credentials)
        except (IchorError, TimeoutError) as err:
            why = str(err) or f"not done in {_WHOLE_S:.0f} s"
            raise Refused(f"not verified, as rule {pattern!r} asks: {why}") from err
        return Verdict(is_verified=True, message=f"signed as rule {pattern!r} asks", image=image)

    def _rules(self) -> Sequence[ImageVerificationRule]:
        return [each.spec for each in find_all(self._state, ImageVerificationRule)]

    def _access(self, credentials: Credentials | None) -> Access:
        found = find(self._state, RegistryConfig, REGISTRIES_CONFIG_ID)
        known = found.spec if found is not None else RegistryConfig()
        return Access(registries=known, credentials=credentials)

    async def _verify(self, image: Reference, key: str, credentials: Credentials | None) -> None:
        """Raises NotFound, FormatError, InputError, TransientError."""
        signed = await self._signed(image, self._access(credentials))
        async with self._turn:
            await self._signer.ask(CheckSignatures(key=key, signed=signed))

    async def _signed(self, image: Reference, access: Access) -> tuple[Signed, ...]:
        """Read the signatures that mean this image; there is at least one."""
        where = image._replace(tag=simple_signing.tag(image.digest), digest="")
        try:
            manifest = await self._registries.manifest(where, access)
        except NotFound:
            raise NotFound(f"{image.digest} has no signature in its registry") from None
        found, wrong = list[Signed](), list[str]()
        for each in simple_signing.signatures(decode_object(manifest.body)):
            try:
                async with asyncio.timeout(_PAYLOAD_S):
                    data = await self._registries.blob(where, each.digest, each.size, access)
                simple_signing.check(data, image)
            except (FormatError, InputError, NotFound, TransientError, TimeoutError) as err:
                wrong.append(str(err) or "not read in time")
                continue
            found.append(Signed(data=data, signature=each.signature))
        if not found:
            reason = wrong[0] if wrong else "its manifest lists none"
            raise NotFound(f"{image.digest} has no signature that counts: {reason}")
        return tuple(found)


def _named(name: str, digest: str, *, is_asked: bool) -> Reference:
    """Read a name. Raises Refused where a rule might be about it, and nobody can say."""
    try:
        image = parse(name)
    except FormatError as err:
        if is_asked:
            raise Refused(f"no rule can be held against its name: {err}") from err
        return Reference("", name)
    if image.digest and image.digest != digest:
        raise Refused(f"{digest} is not what its name says")
    return image._replace(digest=digest)
