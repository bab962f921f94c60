"""Which running sequence may be ended by one that is asked for: behaviours, exclusive sequences."""

from ichor.sequences.container import SEQUENCES

# In words of the interface's table, and one more: a reset also ends an initialize.
MAY_END = {
    "initialize": {"reboot", "reset"},
    "boot": {"reboot", "reset"},
    "reboot": {"reboot"},
    "reset": {"reboot"},
    "shutdown": set[str](),
}


def test_a_sequence_ends_only_what_the_table_allows() -> None:
    found = {
        running.name: {asked.name for asked in SEQUENCES if running.name in asked.takes_over}
        for running in SEQUENCES
    }
    assert found == MAY_END
