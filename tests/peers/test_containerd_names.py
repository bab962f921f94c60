import pytest

from ichor.peers.containerd_images import companions

DIGEST, ID = "sha256:" + "d" * 64, "sha256:" + "1" * 64
NAME, OTHER = "a.example/b:1", "a.example/b:2"
GIVEN = f"a.example/b@{DIGEST}"


@pytest.mark.parametrize(
    ("name", "names", "expected"),
    [
        pytest.param(NAME, [NAME], [], id="alone"),
        pytest.param(NAME, [NAME, GIVEN, ID], [GIVEN, ID], id="the last"),
        pytest.param(NAME, [NAME, OTHER, GIVEN, ID], [], id="another tag"),
        pytest.param(NAME, [NAME, GIVEN, "c.example/d:1", ID], [GIVEN], id="another repository"),
        pytest.param(ID, [ID, NAME, GIVEN], [], id="by its id"),
        pytest.param("gone:1", [], [], id="not there"),
    ],
)
def test_names_that_cri_gave_go_with_the_last_of_the_others(
    name: str, names: list[str], expected: list[str]
) -> None:
    assert list(companions(name, DIGEST, names)) == expected
