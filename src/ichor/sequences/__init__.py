"""Operations of the machine as data, run by the one sequencer: names are those of the interface.

| sequence | module | may end, unasked |
|---|---|---|
| initialize, boot | start | - |
| reboot | ending | initialize, boot, reboot, reset |
| reset | ending | boot |
| shutdown | ending | asks to end whatever runs |

None goes on after a restart of machined: its store is memory, so that an operation under way is
gone with it, and the next life begins with initialize. What had ended by then stays ended.
"""
