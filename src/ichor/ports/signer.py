"""The signer as those see it who need a signature: a question, an answer."""

from typing import Protocol

from ichor.pki.signing import Answer, Question


class Signing(Protocol):
    async def ask(self, question: Question) -> Answer:
        """Raises InputError with the signer's reason, TransientError if it did not answer."""
        ...
