"""Whether firmware would start an image, asked before it is written: afterwards it is too late.

    image ─► digest, signatures ─► the signer, with db and dbx of this firmware ─► who vouches

Called in a thread: the answer comes by way of the loop.
"""

import asyncio
from pathlib import Path

from ichor.errors import FormatError, InputError
from ichor.formats import pe
from ichor.linux import efi
from ichor.pki.signing import CheckImage
from ichor.ports.signer import Signing


class SecureBoot:
    def __init__(
        self, signer: Signing, loop: asyncio.AbstractEventLoop, variables: Path = efi.VARIABLES
    ) -> None:
        self._signer = signer
        self._loop = loop
        self._variables = variables

    def vouch(self, image: bytes) -> str:
        """Give who vouches for an image; empty where firmware starts any.

        Raises InputError where firmware would refuse it, TransientError if nobody answered.
        """
        if not efi.is_enforcing(self._variables):
            return ""
        asked = self._signer.ask(self._question(image))
        return asyncio.run_coroutine_threadsafe(asked, self._loop).result().text

    def _question(self, image: bytes) -> CheckImage:
        try:
            return CheckImage(
                digest=pe.digest(image),
                signatures=pe.signatures(image),
                db=efi.trusted(self._variables),
                dbx=efi.revoked(self._variables),
            )
        except FormatError as error:
            raise InputError(f"whether firmware trusts the image cannot be told: {error}") from None
