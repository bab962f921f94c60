"""Whether the keys of a configuration fit their certificates.

Needs `cryptography`, so this is for the command line and the signer, not for machined.
"""

from collections.abc import Iterator

from ichor.config.container import Config
from ichor.errors import InputError
from ichor.pki.issue import Pair, fits, load_key


def faults(config: Config) -> Iterator[str]:
    """Yield a sentence for each key that does not fit or is none."""
    for name, authority in (
        ("machine.ca", config.os_ca),
        ("cluster.etcd.ca", config.etcd_ca),
        ("KubeAPIServerCAConfig", config.kubernetes_ca),
        ("KubeAggregatorCAConfig", config.aggregator_ca),
    ):
        if authority is not None and authority.key is not None:
            pair = Pair(certificate=authority.certificate, key=authority.key.reveal())
            try:
                if not fits(pair):
                    yield f"{name}: the key is not that of the certificate"
            except InputError as err:
                yield f"{name}: {err}"
    if config.service_account is not None:
        try:
            load_key(config.service_account.issuer.private_key.reveal())
        except InputError as err:
            yield f"KubeServiceAccountConfig: {err}"
