"""The graph, as data and as text."""

from tests.cosi.test_actuator import Table, table_apply
from tests.cosi.test_plan import counter
from tests.cosi.test_transform import text as speller
from tests.cosi.test_transform import total

from ichor.cosi.controller import Controller
from ichor.cosi.graph import EdgeType, dot, edges, text

CONTROLLERS: list[Controller] = [total, speller, counter, table_apply(Table())]


def test_edges_say_who_reads_and_writes_what() -> None:
    found = {(edge.controller, edge.type, edge.edge) for edge in edges(CONTROLLERS)}
    assert ("test.Table", "Numbers.test.dev", EdgeType.INPUT_STRONG) in found
    assert ("test.Count", "Texts.test.dev", EdgeType.INPUT_WEAK) in found
    assert ("test.Total", "Totals.test.dev", EdgeType.OUTPUT_SHARED) in found
    assert edges([total])[0].edge is EdgeType.OUTPUT_EXCLUSIVE


def test_the_text_is_stable_and_short() -> None:
    assert text([counter, table_apply(Table())]) == (
        "test.Count (Transform)\n"
        "  -► out/Totals.test.dev\n"
        "  ◄- out/Texts.test.dev\n"
        "test.Table (Actuator)\n"
        "  -► out/Texts.test.dev\n"
        "  ◄- in/Numbers.test.dev (strong)\n"
    )


def test_dot_is_a_digraph_with_every_controller() -> None:
    written = dot(CONTROLLERS)
    assert written.startswith("digraph controllers {")
    assert '"out/Texts.test.dev" -> "test.Count";' in written
    assert '"in/Numbers.test.dev" -> "test.Table" [style=bold];' in written
