"""Whether the keys of a configuration fit their certificates."""

from collections.abc import Iterator

from ichor.config.container import Config
from ichor.errors import FormatError, InputError
from ichor.pki.public import public_pem
from ichor.rpc.tls import fits


def faults(config: Config) -> Iterator[str]:
    """Yield a sentence for each key that does not fit or is none."""
    for name, authority in (
        ("machine.ca", config.os_ca),
        ("cluster.etcd.ca", config.etcd_ca),
        ("KubeAPIServerCAConfig", config.kubernetes_ca),
        ("KubeAggregatorCAConfig", config.aggregator_ca),
    ):
        if authority is not None and authority.key is not None:
            certificate, key = authority.certificate, authority.key.reveal()
            try:
                if not fits(certificate.encode(), key.encode()):
                    yield f"{name}: the key is not that of the certificate"
            except InputError as err:
                yield f"{name}: {err}"
    if config.service_account is not None:
        try:
            public_pem(config.service_account.issuer.private_key.reveal())
        except FormatError as err:
            yield f"KubeServiceAccountConfig: {err}"
