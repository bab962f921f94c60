"""Patterns of images: what they mean, and which are refused."""

import pytest

from ichor.errors import FormatError
from ichor.formats.image_pattern import check, fits
from ichor.formats.reference import parse

DIGEST = "@sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("pattern", "name", "expected"),
    [
        ("**", "nginx", True),
        ("docker.io/library/nginx", "nginx", True),
        ("docker.io/library/nginx", f"nginx:1{DIGEST}", True),
        ("docker.io/library/nginx", "nginx-more", False),
        ("registry.example/team/*", "registry.example/team/app:1.0", True),
        ("registry.example/team/*", "registry.example/team/deep/app", False),
        ("registry.example/team/*", "registry.example/other/app", False),
        ("registry.example/**", "registry.example/team/deep/app", True),
        ("registry.example/**", "registry.example.evil/team/app", False),
        ("registry?example/app", "registry.example/app", True),
        ("registry.example/app", "registryxexample/app", False),
        ("*.example/app", "a.b.example/app", True),
        ("registry.example/app:1.*", "registry.example/app:1.7", True),
        ("registry.example/app:1.*", f"registry.example/app:1.7{DIGEST}", True),
        ("registry.example/app:1.*", "registry.example/app:2.0", False),
        ("registry.example/app:1.*", f"registry.example/app{DIGEST}", False),
        (f"registry.example/app{DIGEST}", f"registry.example/app{DIGEST}", True),
        ("registry.example:5000/app", "registry.example:5000/app:1", True),
        ("registry.example/app", "registry.example:5000/app:1", False),
        ("registry.example/**", "REGISTRY.example/app:1", True),
        ("registry.example/**", "registry.example:443/app:1", True),
        ("Registry.example:443/**", "registry.example/app:1", True),
        ("docker.io/**", "index.docker.io/library/nginx:1", True),
        ("registry-1.docker.io/**", "nginx", True),
        ("registry.example/app:V*", "registry.example/app:V1", True),
        ("registry.example/a**z/*", "registry.example/ab/c/z/d", True),
    ],
)
def test_a_pattern_means_names(pattern: str, name: str, expected: bool) -> None:
    check(pattern)
    assert fits(pattern, parse(name)) is expected


def test_a_tag_beside_a_digest_need_not_count() -> None:
    pinned = parse(f"registry.example/app:1.7{DIGEST}")
    for pattern, expected in (
        ("registry.example/app:1.*", False),
        (f"registry.example/app:1.7{DIGEST}", False),
        (f"registry.example/app{DIGEST}", True),
        ("registry.example/app", True),
    ):
        assert fits(pattern, pinned, by_tag=False) is expected


def test_no_name_takes_long() -> None:
    """Whoever writes pods chooses names: with backtracking this would take years."""
    name = parse("registry.example/" + "a-" * 100 + "a")
    assert not fits("registry.example/" + "*-" * 40 + "debug", name)


@pytest.mark.parametrize(
    "pattern", ["", "*", "nginx", "library/nginx", "a b.example/app", "registry.example", "é.x/y"]
)
def test_a_pattern_that_no_name_fits_is_refused(pattern: str) -> None:
    with pytest.raises(FormatError):
        check(pattern)
