"""getrandom(2): blocks only before the kernel's pool was first seeded."""

import os


class KernelRandom:
    def draw(self, count: int) -> bytes:
        return os.getrandom(count)
