"""What the image leaves out of our package is imported by nothing that it takes along."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from ichor.image import checkout
from ichor.image.python import NOT_IN_NODE, node_sources

WHEELS = {
    *("backports", "cryptography", "google", "h11", "h2", "hpack", "hyperframe", "msgspec"),
    *("yaml", "_cffi_backend"),
}
LATER = {"compression"}  # of Python 3.14's library, behind a test of the version


def node_files() -> Iterator[tuple[str, Path]]:
    return ((name, path) for name, path in node_sources().items() if path.suffix == ".py")


def is_left_out(module: str) -> bool:
    path = module.removeprefix("ichor.").replace(".", "/")
    return module.startswith("ichor.") and f"{path}/".startswith(
        tuple(f"{part}/" for part in NOT_IN_NODE)
    )


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_the_nodes_code_imports_nothing_that_the_image_lacks() -> None:
    known = WHEELS | LATER | {"ichor", *sys.stdlib_module_names}
    missing = {
        f"{name}: {module}"
        for name, path in node_files()
        for module in imported(path)
        if module.split(".")[0] not in known or is_left_out(module)
    }
    assert missing == set()


def test_the_nodes_code_imports_no_module_of_the_library_that_was_dropped() -> None:
    from ichor.image.debian import wanted

    dropped = set(wanted((checkout.components() / "python.drop").read_text()))
    found = {
        f"{name}: {module}"
        for name, path in node_files()
        for module in imported(path)
        if module.split(".")[0] in dropped
    }
    assert found == set()
