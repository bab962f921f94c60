"""Builds Go programs of the tests into the cache, by content, and says where they are."""

import hashlib
import os
import subprocess
from pathlib import Path

HERE = Path(__file__).parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "ichor" / "interop"


def build(name: str, package: str = ".") -> Path:
    """Build `package` by the module in tests/interop/<name>; the same sources are built once."""
    source = HERE / name
    go = os.environ.get("ICHOR_GO", "go")
    version = subprocess.run([go, "version"], capture_output=True, check=True).stdout
    digest = hashlib.sha256(version + package.encode())
    for path in sorted(source.iterdir()):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    binary = CACHE / f"{name}-{digest.hexdigest()[:16]}"
    if not binary.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        fresh = CACHE / f"{binary.name}.{os.getpid()}"
        subprocess.run(
            ["nice", go, "build", "-trimpath", "-o", str(fresh), package],
            cwd=source,
            check=True,
            env=os.environ | {"GOTOOLCHAIN": "local", "CGO_ENABLED": "0"},
        )
        fresh.rename(binary)
    return binary
