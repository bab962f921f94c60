"""The reference page says what the documents say."""

from tools.config_reference import PAGE, main, page


def test_the_page_is_fresh() -> None:
    assert main(["--check"]) == 0, f"{PAGE.name} is stale: run make gen"


def test_no_pipe_breaks_a_table() -> None:
    lines = [line for line in page().splitlines() if line.startswith("| ")]
    assert {line.count("|") for line in lines} == {4}
