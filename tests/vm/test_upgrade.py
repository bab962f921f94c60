"""Another image for a machine: written where nothing runs from, started, and left for the one
before where it does not come up.
"""

from pathlib import Path

import pytest
from tests.vm.upgrading import images, machine

pytestmark = pytest.mark.vm


def test_a_machine_runs_another_image_and_the_one_before_again(tmp_path: Path) -> None:
    old, new, archive = images()
    with machine(tmp_path) as one:
        assert one.root() == old.root.root
        one.ichor("upgrade", "-i", str(archive))
        assert one.root() == new.root.root
        assert one.trial.crashes == 0
        assert one.entries() == {"ichor-1+2.efi", "ichor-2+1-1.efi"}
        assert one.root() == new.root.root  # its last try
        assert one.entries() == {"ichor-1+2.efi", "ichor-2+0-2.efi"}
        assert one.root() == old.root.root
        one.ichor("rollback")
        assert one.root() == new.root.root
        assert one.entries() == {"ichor-1+1-1.efi", "ichor-3+1-1.efi"}
