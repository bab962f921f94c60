"""OSRoot: the roots of trust of the machine API.

config/ActiveConfig ─► machine.ca, acceptedCAs, token ─► secrets/OSRootSecret "os"
                                                        secrets/Authority "os"

On a worker the CA has no key; the join token stands in for it.
"""

from collections.abc import Iterator
from ipaddress import ip_address
from typing import Annotated

from msgspec import Struct

from ichor.config.secret import Secret
from ichor.cosi.controller import Get, Out, Transform
from ichor.cosi.resource import Spec
from ichor.resources.config.active import ID, ActiveConfig
from ichor.resources.fields import Certificate, CertificateAndKey
from ichor.resources.secrets.certificate import Authority, Issuer
from ichor.resources.secrets.ids import OS_ROOT_ID
from ichor.resources.secrets.os import OSRootSecret


class Inputs(Struct, frozen=True, kw_only=True):
    config: Annotated[ActiveConfig, Get("config", ID)]


def reconcile(inputs: Inputs) -> Iterator[tuple[str, Spec]]:
    config = inputs.config.value
    ca = config.os_ca
    if ca is None:
        return
    key = ca.key or Secret("")
    addresses = tuple(san for san in config.cert_sans if is_address(san))
    yield (
        OS_ROOT_ID,
        OSRootSecret(
            issuing_ca=CertificateAndKey(crt=ca.certificate.encode(), key=key.reveal().encode()),
            accepted_cas=tuple(Certificate(crt=accepted.encode()) for accepted in ca.accepted),
            cert_san_ips=addresses,
            cert_san_dns_names=tuple(san for san in config.cert_sans if san not in addresses),
            token=config.join_token.reveal() if config.join_token else "",
        ),
    )
    yield Issuer.OS.value, Authority(cert=ca.certificate, key=key)


def is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


os_root = Transform(
    name="secrets.OSRoot",
    inputs=Inputs,
    outputs=[Out(OSRootSecret), Out(Authority)],
    reconcile=reconcile,
)
