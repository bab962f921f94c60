"""What is told when nodes never come to be."""

from ichor.cli.cluster_wait import crash_report
from ichor.provision.life import State, Status


def test_a_crash_is_told_with_node_count_cause_and_the_last_lines() -> None:
    status = Status(state=State.WAITING, crashes=3, last_end="exit status 1")
    console = [f"line {number}" for number in range(100)]
    said = crash_report("n1", status, console)
    assert said.startswith("node n1: its init has crashed 3 times in a row (exit status 1);")
    assert said.splitlines()[1:] == [f"  line {number}" for number in range(80, 100)]
