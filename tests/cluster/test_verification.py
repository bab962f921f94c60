"""A node pulls what the rules allow, whoever asks for it, and says why it does not."""

import pytest
from tests.cluster import signed
from tests.cluster.lab import Lab
from tests.cluster.test_image_cache import HEALTH, POD, run_pod

pytestmark = [pytest.mark.cluster, pytest.mark.root]

WHY = {
    signed.UNSIGNED: "has no signature in its registry",
    signed.FOREIGN: "none of the signatures is by the rule's key",
    signed.TAMPERED: "none of the signatures is by the rule's key",
    signed.MOVED: "not for verified.example/team/signed",
    signed.DENIED: "denied by rule 'verified.example/**'",
}


def test_the_rules_are_shown_in_their_order(node: Lab) -> None:
    done = node.ichor("get", "imageverificationrules", "-o", "jsonpath={.spec.imagePattern}")
    assert done.stdout.split() == [
        "verified.example/skipped",
        "verified.example/team/*",
        "verified.example/**",
    ], done.stderr


@pytest.mark.parametrize("image", [signed.SIGNED, signed.SKIPPED])
def test_a_pod_runs_what_is_signed_or_skipped(node: Lab, image: str) -> None:
    assert run_pod(node, "taken", image) == "ok\n"


def test_pods_of_other_images_wait_and_say_why(node: Lab) -> None:
    pods = {f"refused-{number}": image for number, image in enumerate(WHY)}
    for name, image in pods.items():
        text = POD.replace("NAME", name).replace("IMAGE", image).replace("URL", HEALTH)
        node.kubectl("apply", "-f", "-", text=text)
    refused = "jsonpath={.status.containerStatuses[0].state.waiting.reason}=ImagePullBackOff"
    for name, image in pods.items():
        waiting = f"--for={refused}"
        node.kubectl("wait", waiting, f"pod/{name}", "-n", "kube-system", "--timeout=90s")
        said = node.kubectl("describe", "pod", name, "-n", "kube-system")
        assert "blocked pull" in said
        assert WHY[image] in said
    node.kubectl("delete", "pod", *pods, "-n", "kube-system", "--now")
    held = node.ichor("image", "list", "--namespace", "cri").stdout
    assert not [image for image in WHY if image.rpartition(":")[0] in held]


@pytest.mark.parametrize("namespace", ["system", "cri"])
def test_what_we_pull_ourselves_is_asked_about_as_well(node: Lab, namespace: str) -> None:
    done = node.ichor("image", "pull", signed.SIGNED, "--namespace", namespace)
    assert done.returncode == 0, done.stderr
    assert node.ichor("image", "remove", signed.SIGNED, "--namespace", namespace).returncode == 0
    for image, why in WHY.items():
        done = node.ichor("image", "pull", image, "--namespace", namespace)
        assert done.returncode == 1
        assert why in done.stderr


def test_a_verifier_that_hears_nothing_takes_nothing(node: Lab) -> None:
    socket = node.root / "system/run/machined/verifier.sock"
    aside = socket.with_suffix(".aside")
    socket.rename(aside)
    try:
        done = node.ichor("image", "pull", signed.SKIPPED, "--namespace", "system")
    finally:
        aside.rename(socket)
    assert done.returncode == 1
    assert "machined does not answer" in done.stderr
