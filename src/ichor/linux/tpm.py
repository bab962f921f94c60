"""The machine's TPM 2.0 by the kernel's resource manager.

Each opening of the device is a space of its own: objects and sessions that are left go with it
(include/uapi/linux/tpm.h, drivers/char/tpm/tpm2-space.c).
"""

import os
from collections.abc import Callable, Collection, Generator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Final, TypeAlias, TypeVar

from ichor.errors import InputError, NotFound
from ichor.formats import pcrsig
from ichor.formats.pcrsig import SignedStates
from ichor.pki import public
from ichor.ports.tpm import SealPolicy
from ichor.protocols.tpm2 import attest, objects, sealing
from ichor.protocols.tpm2.attest import Evidence
from ichor.protocols.tpm2.command import Exchange
from ichor.protocols.tpm2.objects import Credential
from ichor.protocols.tpm2.public import RsaKey

DEVICE: Final = Path("/dev/tpmrm0")
SIGNED_PCR: Final = 11
# What the stub gave an image besides what it has: another command line starts another root, and
# its state of PCR 11 is signed all the same (ADR 21).
TOLD_PCRS: Final = frozenset({12, 13})
_MOST: Final = 4096  # TPM_BUFSIZE: a response comes in one read
T = TypeVar("T")
Transmit: TypeAlias = Callable[[bytes], bytes]


@contextmanager
def opened(device: Path = DEVICE) -> Generator[Transmit]:
    """Give what sends a command and gives its response. Raises NotFound, OSError."""
    try:
        fd = os.open(device, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        raise NotFound("this machine has no TPM 2.0") from None

    def transmit(command: bytes) -> bytes:
        os.write(fd, command)
        return os.read(fd, _MOST)

    try:
        yield transmit
    finally:
        os.close(fd)


def run(exchange: Exchange[T], transmit: Transmit) -> T:
    """Have an exchange with a TPM."""
    try:
        command = next(exchange)
        while True:
            command = exchange.send(transmit(command))
    except StopIteration as end:
        result: T = end.value
        return result


class KernelTpm:
    """states: the signed states that the running image came with, if any. connect: the TPM."""

    def __init__(
        self,
        states: Callable[[], SignedStates | None],
        connect: Callable[[], AbstractContextManager[Transmit]] = opened,
        entropy: Callable[[int], bytes] = os.getrandom,
    ) -> None:
        self._states = states
        self._connect = connect
        self._entropy = entropy

    def seal(self, secret: bytes, policy: SealPolicy) -> bytes:
        pcrs, signer = self._bound(policy)
        return self._run(sealing.seal(secret, pcrs, signer, (SIGNED_PCR,), self._entropy))

    def holds(self, blob: bytes, policy: SealPolicy) -> bool:
        return self._run(sealing.holds(blob, *self._bound(policy)))

    def _bound(self, policy: SealPolicy) -> tuple[list[int], RsaKey | None]:
        """Give PCRs that count by value, and who signs the states of the one that does not."""
        signer = self._signer() if policy.signed else None
        told = TOLD_PCRS if policy.signed else frozenset[int]()
        return sorted(told.union(policy.pcrs)), signer

    def unseal(self, blob: bytes) -> bytes:
        signer = sealing.unpack(blob).signer
        signatures = self._signatures_of(signer) if signer else {}
        return self._run(sealing.unseal(blob, signatures, self._entropy))

    def read(self, pcrs: Collection[int]) -> Mapping[int, bytes]:
        return self._run(objects.pcr_read(pcrs))

    def attest(self, nonce: bytes, pcrs: Collection[int]) -> Evidence:
        return self._run(attest.quote(nonce, pcrs))

    def activate(self, credential: Credential) -> bytes:
        return self._run(attest.activate(credential, self._entropy))

    def _run(self, exchange: Exchange[T]) -> T:
        with self._connect() as transmit:
            return run(exchange, transmit)

    def _signer(self) -> RsaKey:
        states = self._states()
        if states is None:
            hint = "build it with a PCR signing key: ichor gen secureboot pcr"
            raise InputError("the running image has no signed states of PCR 11", hint=hint)
        return RsaKey(*public.rsa_numbers(states.key))

    def _signatures_of(self, signer: RsaKey) -> Mapping[bytes, bytes]:
        """Give what the running image has of that signer; none where it is another's."""
        states = self._states()
        if states is None or RsaKey(*public.rsa_numbers(states.key)) != signer:
            return {}
        return pcrsig.by_policy(states, SIGNED_PCR)
