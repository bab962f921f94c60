import pytest

from ichor.cli.table import print_table


def test_a_cell_steers_no_terminal_and_keeps_to_its_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Whoever may start a pod chooses its name, and an operator sees it."""
    print_table([("POD", "NS"), ("\x1b]0;evil\x07\x9b31m\u202e", "a\nb"), ("ćw…", "c")])
    assert capsys.readouterr().out.splitlines() == [
        "POD              NS",
        "?]0;evil??31m?   a b",
        "ćw…              c",
    ]
