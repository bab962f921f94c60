"""The checkout that things are built from: its components, its requirements, its own package."""

import os
from pathlib import Path

import ichor
from ichor.errors import InputError

PACKAGE = Path(ichor.__file__).resolve().parent


def root() -> Path:
    """Give the top of the checkout. Raises InputError when we run from an installed package."""
    top = Path(os.environ.get("ICHOR_CHECKOUT") or PACKAGE.parents[1])
    if not (top / "components/versions.toml").is_file():
        raise InputError(
            f"{top} is no checkout of Ichor: building needs components/",
            hint="run it in a clone, or set ICHOR_CHECKOUT",
        )
    return top


def components() -> Path:
    return root() / "components"


def requirements(name: str) -> Path:
    return root() / "requirements" / f"{name}.txt"
