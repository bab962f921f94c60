"""An XFS that is whole begins with its magic, and its maker has come to the end."""

import pytest

from ichor.formats.xfs import MAGIC, Content, content

WHOLE = MAGIC + bytes(508)


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        pytest.param(WHOLE, Content.WHOLE, id="whole"),
        pytest.param(WHOLE[:126] + b"\x01" + WHOLE[127:], Content.NONE, id="in-progress"),
        pytest.param(bytes(512), Content.NONE, id="blank"),
        pytest.param(b"", Content.NONE, id="empty"),
        pytest.param(MAGIC, Content.FOREIGN, id="cut-off"),
        pytest.param(b"LUKS\xba\xbe" + bytes(506), Content.FOREIGN, id="encrypted"),
        pytest.param(b"\0" + WHOLE[1:], Content.FOREIGN, id="damaged"),
    ],
)
def test_a_volume_is_known_by_its_first_sector(head: bytes, expected: Content) -> None:
    assert content(head) is expected
