from datetime import timedelta

from ichor.config.secret import Secret
from ichor.controllers.secrets.api import api
from ichor.controllers.secrets.api_request import CLIENT, SERVER, TRUSTD, api_request
from ichor.controllers.secrets.api_sans import api_sans
from ichor.resources.config.kinds import MachineKind
from ichor.resources.config.machine import MachineType
from ichor.resources.network.hostname import HostnameStatus
from ichor.resources.network.node_address import NodeAddress
from ichor.resources.secrets.api import ApiCertificate, TrustdCertificate
from ichor.resources.secrets.certificate import Certificate, CertificateRequest, Issuer, Usage
from ichor.resources.secrets.os import CertSAN, OSRootSecret
from ichor.testing.engine import START, World


def world(kind: MachineKind) -> World:
    made = World((api_sans, api_request, api))
    made.put(MachineType(type=kind), "machine-type")
    made.put(OSRootSecret(cert_san_dns_names=("api.example.com",)), "os")
    made.put(HostnameStatus(hostname="cp-1", domainname="example.com"), "hostname")
    made.put(NodeAddress(addresses=("10.5.0.2/24",)), "accumulative")
    made.settle()
    return made


def certificate(request: CertificateRequest) -> Certificate:
    return Certificate(
        request=request,
        cert=request.common_name,
        key=Secret("key"),
        authority="ca",
        not_before=START,
        not_after=START + timedelta(days=1),
    )


def test_the_certificate_names_the_node_its_addresses_and_what_the_configuration_adds() -> None:
    sans = world(MachineKind.CONTROLPLANE).spec(CertSAN, "api")
    assert sans is not None
    assert {"cp-1", "cp-1.example.com", "api.example.com", "localhost"} <= set(sans.dns_names)
    assert {"10.5.0.2", "127.0.0.1"} <= set(sans.ips)
    assert sans.fqdn == "cp-1.example.com"


def test_a_control_plane_wants_a_client_certificate_that_may_speak_for_others() -> None:
    requests = world(MachineKind.CONTROLPLANE).specs(CertificateRequest)
    assert sorted(requests) == sorted((SERVER, TRUSTD, CLIENT))
    assert requests[CLIENT].organizations == ("os:impersonator",)
    assert requests[CLIENT].usages == (Usage.CLIENT,)
    assert requests[SERVER].organizations == ()


def test_a_worker_wants_a_server_certificate_from_trustd_and_no_other() -> None:
    requests = world(MachineKind.WORKER).specs(CertificateRequest)
    assert list(requests) == [SERVER]
    assert requests[SERVER].issuer is Issuer.TRUSTD


def test_apid_serves_once_its_certificate_is_there_and_trustd_once_its_own_is() -> None:
    made = world(MachineKind.CONTROLPLANE)
    assert made.spec(ApiCertificate, "api") is None
    for id, request in made.specs(CertificateRequest).items():
        made.put(certificate(request), id)
    made.settle()
    served = made.spec(ApiCertificate, "api")
    assert served is not None
    assert served.server.crt == b"cp-1.example.com"
    assert not served.skip_verifying_client_cert
    assert made.spec(TrustdCertificate, "trustd") is not None


def test_without_a_root_of_trust_apid_serves_unverified() -> None:
    made = World((api,))
    made.put(certificate(CertificateRequest(issuer=Issuer.SELF, common_name="m")), "maintenance")
    made.settle()
    served = made.spec(ApiCertificate, "api")
    assert served is not None
    assert served.skip_verifying_client_cert
