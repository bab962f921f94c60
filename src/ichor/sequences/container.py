"""All sequences of a node in a container."""

from ichor.sequences.ending import REBOOT_SEQUENCE, RESET, SHUTDOWN
from ichor.sequences.start import BOOT_SEQUENCE, INITIALIZE

SEQUENCES = (INITIALIZE, BOOT_SEQUENCE, REBOOT_SEQUENCE, SHUTDOWN, RESET)
