"""An XFS that is whole begins with its magic, and its maker has come to the end."""

import pytest

from ichor.formats.xfs import MAGIC, is_whole

WHOLE = MAGIC + bytes(508)


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        pytest.param(WHOLE, True, id="whole"),
        pytest.param(WHOLE[:126] + b"\x01" + WHOLE[127:], False, id="in-progress"),
        pytest.param(bytes(512), False, id="blank"),
        pytest.param(MAGIC, False, id="cut-off"),
    ],
)
def test_a_file_system_is_known_by_its_first_sector(head: bytes, expected: bool) -> None:
    assert is_whole(head) is expected
