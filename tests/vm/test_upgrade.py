"""Another image for a machine: written where nothing runs from, started, and left for the one
before where it does not come up. All of it under Secure Boot: what firmware would refuse is not
written at all.
"""

from pathlib import Path

import pytest
from tests.vm.press import new_signer
from tests.vm.upgrading import images, machine

from ichor.formats import pe

pytestmark = pytest.mark.vm
ARMED = "boot entry armed"  # at once where nothing else can be started


def test_an_image_that_is_never_ready_is_left_for_the_one_before(tmp_path: Path) -> None:
    known, signer = images(), new_signer("ours")
    old, new = known.old, known.new
    with machine(tmp_path, signer=signer) as one:
        assert one.root() == old.root.root
        refused = one.refuses("upgrade", "-i", str(known.archive), "--allow-older")
        assert "runs any image now, none before" in refused
        assert "is not signed" in refused
        signed = known.signed(signer, tmp_path / "signed.tar")
        one.ichor("upgrade", "-i", str(signed), "--allow-older")  # its variable is there by now
        assert one.root() == new.root.root
        proof = one.until_ok("image", "verify")
        assert f"root hash {new.root.root.hex()}, image {pe.digest(new.kernel).hex()}" in proof
        assert "signed by CN=ours" in proof
        said = len(one.trial.console)
        while one.root() == new.root.root:  # on probation, twice
            one.trial.check_hope("it keeps the new image")
        assert one.root() == old.root.root
        assert one.trial.console[said:].count("Linux version") == 2
        assert one.trial.crashes == 0
        one.trial.until_after(said + one.trial.console[said:].rindex("Linux version"), ARMED)
        assert one.entries() == {"ichor-1+2.efi", "ichor-2+0-2.efi"}
        assert one.root() == old.root.root
        one.ichor("rollback")
        assert one.root() == new.root.root
        assert one.entries() == {"ichor-1+2.efi", "ichor-3+1-1.efi"}
