"""What changes is said without showing a secret."""

from tests.config import samples

from ichor.config import diff, patch
from ichor.config.container import Config


def patched(config: Config, text: str) -> Config:
    return patch.apply_to(config, patch.read(text))


PLANE = patched(samples.control_plane(), "")


def test_equal_configurations_have_no_difference() -> None:
    assert diff.summary(PLANE, PLANE) == diff.NO_CHANGES
    assert diff.unified(PLANE, PLANE) == ""


def test_documents_that_come_go_and_change_are_named() -> None:
    change = """\
machine: {certSANs: [a.b]}
---
apiVersion: v1alpha1
kind: KubePrismConfig
$patch: delete
---
apiVersion: v1alpha1
kind: StaticHostConfig
name: 10.0.0.1
hostnames: [x]
"""
    assert diff.summary(PLANE, patched(PLANE, change)).splitlines() == [
        "- KubePrismConfig removed",
        "- StaticHostConfig 10.0.0.1 added",
        "- v1alpha1 changed",
    ]


def test_a_line_that_changes_is_shown() -> None:
    change = "apiVersion: v1alpha1\nkind: KubePrismConfig\nport: 7446\n"
    text = diff.unified(PLANE, patched(PLANE, change))
    assert "-port: 7445\n+port: 7446\n" in text
    assert "a/KubePrismConfig" in text


def test_a_secret_that_changes_is_told_and_not_shown() -> None:
    text = diff.unified(PLANE, patched(PLANE, "machine: {token: n3w-s3cret}"))
    assert "+    token: <secret, changed>\n" in text
    assert "-    token: <secret>\n" in text
    assert "s3cret" not in text


def test_nothing_secret_is_left_in_a_redacted_configuration() -> None:
    shown = str([diff.redacted(document) for document in samples.control_plane().documents])
    hidden = [text for each in samples.control_plane().documents for text in diff.secrets_of(each)]
    assert len(hidden) > 15
    assert [text for text in hidden if text in shown] == []
    box = samples.secrets().secrets.secretbox
    assert box is not None
    assert box.reveal() not in shown
    assert "PRIVATE KEY" not in shown
