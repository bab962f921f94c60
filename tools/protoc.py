#!/usr/bin/env python3
"""Generate src/ichor/proto/**/*_pb2.py and .pyi from proto/**/*.proto.

    tools/protoc.py [OUT]      below which ichor/proto/ is written; src when not given

Messages only: which methods a service has is read from its descriptor at run time
(ichor.proto.methods), so no module exists that would only repeat it.
"""

import importlib.resources
import sys
from pathlib import Path

from grpc_tools import protoc

ROOT = Path(__file__).resolve().parents[1]


def generate(out: Path) -> list[Path]:
    """Files written, relative to out. Those of protos that are gone are removed."""
    sources = sorted((ROOT / "proto").rglob("*.proto"))
    names = [f"ichor/proto/{path.relative_to(ROOT / 'proto')}" for path in sources]
    own = importlib.resources.files("grpc_tools") / "_proto"
    base = out / "ichor/proto"
    base.mkdir(parents=True, exist_ok=True)
    include = [f"-Iichor/proto={ROOT / 'proto'}", f"-I{own}"]
    if protoc.main(["protoc", *include, f"--python_out={out}", f"--pyi_out={out}", *names]):
        sys.exit("protoc failed")
    stems = [Path(name.removesuffix(".proto")) for name in names]
    made = [stem.with_name(f"{stem.name}_pb2{end}") for stem in stems for end in (".py", ".pyi")]
    packages = {stem.parent / "__init__.py" for stem in stems}
    for package in packages:
        (out / package).write_text('"""Generated messages, see proto/."""\n')
    kept = {*made, *packages}
    for old in [*base.glob("*/*_pb2.py*"), *base.glob("*/__init__.py")]:
        if old.relative_to(out) not in kept:
            old.unlink()
    return sorted(kept)


if __name__ == "__main__":
    print(f"{len(generate(Path(sys.argv[1]) if sys.argv[1:] else ROOT / 'src'))} files")
