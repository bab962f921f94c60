"""Another image for a machine: staged, written by the next start, started, and left for the one
before where it does not come up. All of it under Secure Boot: what firmware would refuse is not
written at all.
"""

from pathlib import Path

import pytest
from tests.vm.press import new_signer
from tests.vm.upgrading import images, machine

from ichor.config.versions import INSTALLER
from ichor.formats import pe

pytestmark = pytest.mark.vm
ARMED = "boot entry armed"  # at once where nothing else can be started
DROPPED = "a staged upgrade is dropped"


def test_an_image_that_is_never_ready_is_left_for_the_one_before(tmp_path: Path) -> None:
    known, signer = images(), new_signer("ours")
    old, new = known.old, known.new
    with machine(tmp_path, signer=signer) as one:
        assert one.root() == old.root.root
        refused = one.refuses("upgrade", "-i", str(known.unsigned(tmp_path)), "--allow-older")
        assert "runs any image now, none before" in refused
        assert "is not signed" in refused
        signed = known.signed(signer, tmp_path / "signed.tar")
        one.ichor("image", "pull", str(signed), "--namespace", "system")
        begin = len(one.trial.console)
        # Its variable is there by now.
        one.ichor("upgrade", "-i", INSTALLER, "--stage", "--allow-older")
        assert one.root() == new.root.root
        writing = one.trial.console[begin:].split("Linux version")[1]
        assert f"staged upgrade image={INSTALLER} step='root: verified'" in writing
        assert "service=containerd" not in writing
        proof = one.until_ok("image", "verify")
        assert f"root hash {new.root.root.hex()}, image {pe.digest(new.kernel).hex()}" in proof
        assert "signed by CN=ours" in proof
        one.ichor("meta", "write", "7", "a.example/never-checked:1")
        said = len(one.trial.console)
        one.trial.until_after(said, "Linux version")  # on probation
        one.trial.until_after(said, DROPPED)
        one.trial.cut_power()  # its last try: whoever ends it has taken it
        assert one.root() == old.root.root
        assert one.trial.console[said:].count("Linux version") == 2
        one.trial.until_after(said + one.trial.console[said:].rindex("Linux version"), ARMED)
        assert one.tries() == {1: (True, 2, 0), 2: (False, 0, 2)}
        one.ichor("rollback")
        assert one.root() == new.root.root
        assert one.entries() == {"ichor-1+2.efi", "ichor-3+1-1.efi"}
