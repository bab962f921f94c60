import pytest

from ichor.errors import FormatError
from ichor.formats.reference import Reference, is_registry, parse

DIGEST = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("busybox", Reference("docker.io", "library/busybox", "latest")),
        ("me/app:1", Reference("docker.io", "me/app", "1")),
        ("registry.k8s.io/pause:3.10", Reference("registry.k8s.io", "pause", "3.10")),
        ("10.5.0.1:5000/a/b_c", Reference("10.5.0.1:5000", "a/b_c", "latest")),
        ("localhost/x:1", Reference("localhost", "x", "1")),
        (f"ghcr.io/a/b@{DIGEST}", Reference("ghcr.io", "a/b", "", DIGEST)),
        (f"ghcr.io/a/b:1@{DIGEST}", Reference("ghcr.io", "a/b", "1", DIGEST)),
    ],
)
def test_a_name_is_read_as_people_mean_it(text: str, expected: Reference) -> None:
    assert parse(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a.b/",
        "a.b/../c:1",
        "a.b/UP:1",
        "a.b/c:",
        "a.b/c@sha256:1",
        "-x.io/a",
        "a.b//c",
        "a.b/c:1:2",
    ],
)
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(FormatError):
        parse(text)


def test_a_registry_is_a_host_with_or_without_a_port() -> None:
    assert all(map(is_registry, ["a.b", "localhost:5000", "[::1]:5000", "10.0.0.1"]))
    assert not any(map(is_registry, ["", "..", "a/b", "a.b:", "*", "a b", "-a.b", "a.b:123456"]))
