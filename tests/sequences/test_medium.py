"""A boot medium stops where a disk is installed, if it was told so."""

import pytest

from ichor.sequences.medium import halts


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("console=ttyS0 talos.halt_if_installed=1", True),
        ("talos.halt_if_installed=true", True),
        ("talos.halt_if_installed=1 talos.halt_if_installed=0", False),
        ("talos.halt_if_installed=", False),
        ("talos.halt_if_installed", False),
        ("", False),
    ],
)
def test_its_last_word_counts(line: str, expected: bool) -> None:
    assert halts(line) is expected
