"""Builds Go programs of the tests into the cache, by content, and says where they are."""

import hashlib
import os
import subprocess
from pathlib import Path

from ichor.image.cache import Cache, default_root
from ichor.image.go import toolchain_step
from ichor.image.progress import Silent

HERE = Path(__file__).parent


def build(name: str, package: str = ".") -> Path:
    """Build `package` by the module in tests/interop/<name>; the same sources are built once."""
    source, cache, toolchain = HERE / name, Cache(default_root()), toolchain_step()
    digest = hashlib.sha256(toolchain.key.encode() + package.encode())
    for path in sorted(source.iterdir()):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    folder = cache.root / "interop"
    binary = folder / f"{name}-{digest.hexdigest()[:16]}"
    if not binary.exists():
        cache.make([toolchain], Silent())
        folder.mkdir(parents=True, exist_ok=True)
        fresh = folder / f"{binary.name}.{os.getpid()}"
        go = cache.path(toolchain) / "go/bin/go"
        subprocess.run(
            ["nice", str(go), "build", "-trimpath", "-o", str(fresh), package],
            cwd=source,
            check=True,
            env=os.environ
            | {
                "GOTOOLCHAIN": "local",
                "CGO_ENABLED": "0",
                "GOFLAGS": "",
                "GOMODCACHE": str(cache.root / "go/mod"),
                "GOCACHE": str(cache.root / "go/build"),
            },
        )
        fresh.rename(binary)
    return binary
