"""A worker's kubelet starts when its request for a certificate will be answered."""

from ichor.formats.jsonvalue import Object
from ichor.peers.bootstrap_access import SIGNER, is_signing


def request(certificate: str = "", signer: str = SIGNER) -> Object:
    return {"spec": {"signerName": signer}, "status": {"certificate": certificate}}


def test_requests_that_wait_for_a_signature_say_that_nobody_signs_yet() -> None:
    assert not is_signing([request()])
    assert not is_signing([request(), request("PEM", signer="kubernetes.io/kubelet-serving")])


def test_one_that_is_signed_says_that_others_will_be() -> None:
    assert is_signing([request(), request("PEM")])


def test_a_cluster_without_requests_keeps_nobody_waiting() -> None:
    assert is_signing([])
    assert is_signing([request(signer="kubernetes.io/kubelet-serving")])
