"""A certificate authority whose key is another's signs nothing that anybody would believe."""

import base64

from tests.config import samples

from ichor.config import keys, patch
from ichor.config.container import Config
from ichor.config.validate import validate

NONE = "-----BEGIN PRIVATE KEY-----\nczNjcmV0\n-----END PRIVATE KEY-----\n"
PLANE = samples.control_plane()


def patched(text: str) -> Config:
    return patch.apply_to(PLANE, patch.read(text))


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def test_a_key_that_does_not_fit_its_certificate_is_refused() -> None:
    assert list(keys.faults(PLANE)) == []
    other = encoded(samples.secrets(2).certs.os.key.reveal())
    changed = patched(f"machine: {{ca: {{key: {other}}}}}")
    assert validate(changed, "container").errors == (
        "machine.ca: the key is not that of the certificate",
    )


def test_a_key_of_another_kind_does_not_fit_either() -> None:
    other = encoded(samples.secrets().certs.service_account.key.reveal())
    changed = patched(f"cluster: {{etcd: {{ca: {{key: {other}}}}}}}")
    assert list(keys.faults(changed)) == [
        "cluster.etcd.ca: the key is not that of the certificate",
    ]


def test_what_is_no_key_is_said_to_be_none_and_not_shown() -> None:
    changed = patched(f"machine: {{ca: {{key: {encoded(NONE)}}}}}")
    (fault,) = keys.faults(changed)
    assert fault == "machine.ca: expected a certificate and its private key, in PEM"
