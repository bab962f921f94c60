import pytest

from ichor.image.mirror import from_sources

DEB822 = """\
Types: deb
# a comment inside
URIs: http://mirror.test/debian/
Suites: bookworm bookworm-updates
Components: main

Types: deb
URIs: http://mirror.test/debian-security
Suites: bookworm-security
Components: main
"""


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        pytest.param(
            "debian.sources",
            DEB822,
            {
                "debian": "http://mirror.test/debian",
                "debian-security": "http://mirror.test/debian-security",
            },
            id="deb822",
        ),
        pytest.param(
            "sources.list",
            "deb-src http://src.test/debian x main\n"
            "deb [arch=amd64 signed-by=/k.gpg] http://mirror.test/debian trixie main\n",
            {"debian": "http://mirror.test/debian"},
            id="one-line-with-options",
        ),
        pytest.param(
            "other.list", "deb https://elsewhere.test/node nodistro main\n", {}, id="not-debian"
        ),
        pytest.param("x.sources", DEB822.replace("Types: deb\n", "Types: deb-src\n"), {}, id="src"),
    ],
)
def test_mirrors_are_read_from_apt_sources(name: str, text: str, found: dict[str, str]) -> None:
    assert from_sources(iter([(name, text)])) == found


def test_the_first_mirror_of_an_archive_counts() -> None:
    texts = [
        ("a.list", "deb http://one.test/debian x main"),
        ("b.list", "deb http://two.test/debian x"),
    ]
    assert from_sources(iter(texts)) == {"debian": "http://one.test/debian"}
