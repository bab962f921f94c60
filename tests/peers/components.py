"""Built components in the cache, and tiny images made for tests."""

import hashlib
import io
import json
import os
import subprocess
import tarfile
from pathlib import Path

import pytest

_STEPS = Path.home() / ".cache" / "ichor" / "steps"


def component(name: str) -> Path:
    """Give the newest build of a component; skips the test if there is none."""
    found = sorted(_STEPS.glob(f"*/{name}"), key=lambda path: path.stat().st_mtime)
    binaries = [path for path in found if path.is_file() and os.access(path, os.X_OK)]
    if not binaries:
        pytest.skip(f"no built {name} in the cache")
    return binaries[-1]


def compiled(source: str, target: Path) -> Path:
    """Compile a static program; skips the test if there is no C compiler."""
    code = target.with_suffix(".c")
    code.write_text(source)
    try:
        subprocess.run(["gcc", "-Os", "-static", "-o", target, code], check=True)
    except FileNotFoundError:
        pytest.skip("no gcc")
    return target


def image_archive(name: str, program: Path, *, at: str = "program") -> bytes:
    """Give an OCI archive of one image with one file."""
    layer = _tar({at: (program.read_bytes(), 0o755)})
    blobs: dict[str, bytes] = {}

    def put(raw: bytes) -> str:
        digest = hashlib.sha256(raw).hexdigest()
        blobs[digest] = raw
        return f"sha256:{digest}"

    config = {
        "architecture": {"x86_64": "amd64", "aarch64": "arm64"}[os.uname().machine],
        "os": "linux",
        "config": {"Entrypoint": ["/program"], "Env": ["FROM=image"]},
        "rootfs": {"type": "layers", "diff_ids": [put(layer)]},
    }
    raw_config = json.dumps(config).encode()
    oci = "application/vnd.oci.image"
    manifest = {
        "schemaVersion": 2,
        "mediaType": f"{oci}.manifest.v1+json",
        "config": {
            "mediaType": f"{oci}.config.v1+json",
            "digest": put(raw_config),
            "size": len(raw_config),
        },
        "layers": [{"mediaType": f"{oci}.layer.v1.tar", "digest": put(layer), "size": len(layer)}],
    }
    raw_manifest = json.dumps(manifest).encode()
    index = {
        "schemaVersion": 2,
        "manifests": [
            {
                "mediaType": f"{oci}.manifest.v1+json",
                "digest": put(raw_manifest),
                "size": len(raw_manifest),
                "annotations": {"io.containerd.image.name": name},
            }
        ],
    }
    files = {f"blobs/sha256/{digest}": (raw, 0o644) for digest, raw in blobs.items()}
    files["oci-layout"] = (b'{"imageLayoutVersion":"1.0.0"}', 0o644)
    files["index.json"] = (json.dumps(index).encode(), 0o644)
    return _tar(files)


def _tar(files: dict[str, tuple[bytes, int]]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, (raw, mode) in files.items():
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(raw), mode
            archive.addfile(info, io.BytesIO(raw))
    return buffer.getvalue()
