"""Run by the image's own interpreter: compile a tree of sources to a tree of byte code.

    python3.13 -IS compile_tree.py SOURCE TARGET SHOWN

Every `x.py` below SOURCE becomes TARGET/.../x.pyc, unchecked-hash (no source is there to check, and
no time is in it); SHOWN is the folder that tracebacks name. Other files are left to the caller.
"""

import py_compile
import sys
from pathlib import Path


def main(source: Path, target: Path, shown: str) -> None:
    for path in sorted(source.rglob("*.py")):
        name = path.relative_to(source)
        out = (target / name).with_suffix(".pyc")
        out.parent.mkdir(parents=True, exist_ok=True)
        py_compile.compile(
            str(path),
            cfile=str(out),
            dfile=f"{shown}/{name.as_posix()}",
            doraise=True,
            optimize=2,  # no docstrings: nobody asks for help on a node
            invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
