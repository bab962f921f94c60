"""Resources on the wire: what goes out comes back, as bytes and as text."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ichor.config.secret import Secret
from ichor.cosi.resource import Metadata, Phase, Resource, Spec
from ichor.errors import FormatError
from ichor.proto.cosi import resource_pb2
from ichor.proto.definitions import network_pb2
from ichor.resources.config.kinds import MachineKind
from ichor.resources.config.machine import MachineConfig, MachineType
from ichor.resources.fields import CertificateAndKey
from ichor.resources.files.etc import EtcFileSpec
from ichor.resources.k8s.static_pod import StaticPod
from ichor.resources.meta.describe import describe
from ichor.resources.network.address import AddressSpec
from ichor.resources.network.hostname import HostnameSpec, HostnameStatus
from ichor.resources.network.kinds import Layer
from ichor.resources.network.link import VLAN, LinkSpec, Wireguard, WireguardPeer
from ichor.resources.network.route import RouteSpec
from ichor.resources.registry import definitions, spec_class
from ichor.resources.secrets.certificate import Authority
from ichor.resources.secrets.os import OSRootSecret
from ichor.resources.wire.messages import MESSAGES
from ichor.resources.wire.resource import (
    decode,
    decode_metadata,
    decode_spec,
    encode,
    encode_metadata,
    encode_spec,
)
from ichor.resources.wire.text import from_yaml, to_yaml
from tests.resources.specs import moments, specs, text, words

FAST = settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None
)
KINDS = [spec_class(type) for type in MESSAGES]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: str(kind.definition.type))
def test_any_spec_survives_its_message_and_its_text(kind: type[Spec]) -> None:
    @FAST
    @given(specs(kind))
    def law(spec: Spec) -> None:
        sent = encode_spec(spec)
        assert decode_spec(sent, kind) == spec
        assert from_yaml(sent.yaml_spec, kind) == spec

    law()


metadata = st.builds(
    Metadata,
    namespace=words,
    type=st.just(HostnameStatus.definition.type),
    id=text,
    version=st.integers(0, 2**63),
    owner=text,
    phase=st.sampled_from(Phase),
    finalizers=st.lists(words, max_size=2).map(tuple),
    labels=st.dictionaries(words, text, max_size=2),
    annotations=st.dictionaries(words, text, max_size=2),
    created=moments,
    updated=moments,
)


@given(metadata)
def test_any_metadata_survives(found: Metadata) -> None:
    assert decode_metadata(encode_metadata(found)) == found


def test_a_resource_on_the_wire_reads_as_clients_expect() -> None:
    created = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    found = Resource(
        metadata=Metadata(
            namespace="network",
            type="HostnameStatuses.net.talos.dev",
            id="hostname",
            version=3,
            owner="network.hostname",
            created=created,
            updated=created,
        ),
        spec=HostnameStatus(hostname="a", domainname="b.c"),
    )
    sent = encode(found)
    assert sent.metadata.version == "3"
    assert sent.metadata.phase == "running"
    assert sent.metadata.created.seconds == int(created.timestamp())
    assert sent.spec.yaml_spec == "hostname: a\ndomainname: b.c\n"
    assert network_pb2.HostnameStatusSpec.FromString(sent.spec.proto_spec).domainname == "b.c"
    assert decode(sent, HostnameStatus) == found


def test_a_resource_in_no_store_yet_has_an_undefined_version() -> None:
    found = Metadata(namespace="n", type="t", id="i", version=0)
    assert encode_metadata(found).version == "undefined"


def test_words_are_text_in_yaml_and_numbers_in_the_message() -> None:
    sent = encode_spec(HostnameSpec(hostname="a", layer=Layer.CONFIGURATION))
    assert sent.yaml_spec == "hostname: a\ndomainname: ''\nlayer: configuration\n"
    assert network_pb2.HostnameSpecSpec.FromString(sent.proto_spec).config_layer == 4


def test_an_address_keeps_its_host_bits() -> None:
    sent = encode_spec(AddressSpec(address="10.5.0.2/24"))
    message = network_pb2.AddressSpecSpec.FromString(sent.proto_spec)
    assert (message.address.ip, message.address.prefix_length) == (bytes([10, 5, 0, 2]), 24)


def test_a_zone_stays_with_its_address() -> None:
    spec = RouteSpec(gateway="fe80::1%eth0")
    assert decode_spec(encode_spec(spec), RouteSpec) == spec


def test_fields_of_a_bond_slave_lie_flat_in_yaml_and_nested_in_the_message() -> None:
    sent = encode_spec(LinkSpec(name="eth0", master_name="bond0", slave_index=1))
    message = network_pb2.LinkSpecSpec.FromString(sent.proto_spec)
    assert (message.bond_slave.master_name, message.bond_slave.slave_index) == ("bond0", 1)
    assert yaml.safe_load(sent.yaml_spec)["masterName"] == "bond0"


def test_what_is_omitted_when_empty_is_left_out_and_the_rest_stays() -> None:
    tree = yaml.safe_load(to_yaml(LinkSpec(name="eth0.4", vlan=VLAN(vlan_id=4))))
    assert tree["vlan"] == {"vlanID": 4, "vlanProtocol": "802.1q"}
    assert tree["mtu"] == 0
    assert "wireguard" not in tree


def test_durations_are_written_as_go_writes_them() -> None:
    peer = WireguardPeer(persistent_keepalive_interval=timedelta(seconds=90))
    tree = yaml.safe_load(to_yaml(LinkSpec(wireguard=Wireguard(peers=(peer,)))))
    assert tree["wireguard"]["peers"][0]["persistentKeepaliveInterval"] == "1m30s"


def test_certificates_are_base64_of_pem_in_yaml_and_plain_in_the_message() -> None:
    spec = OSRootSecret(issuing_ca=CertificateAndKey(crt=b"pem", key=b"key"))
    sent = encode_spec(spec)
    assert yaml.safe_load(sent.yaml_spec)["issuingCA"] == {"crt": "cGVt", "key": "a2V5"}
    assert b"pem" in sent.proto_spec


def test_a_private_key_is_not_shown() -> None:
    assert "secret" not in repr(CertificateAndKey(crt=b"pem", key=b"secret"))


def test_a_secret_of_our_own_types_is_not_sent() -> None:
    tree = yaml.safe_load(to_yaml(Authority(cert="pem", key=Secret("hush"))))
    assert tree == {"cert": "pem", "key": "<secret>"}


def test_a_sensitive_spec_shows_no_field_and_any_other_shows_all() -> None:
    assert repr(OSRootSecret(token="hush")) == "OSRootSecret(<sensitive>)"
    assert repr(HostnameStatus(hostname="a")) == "HostnameStatus(hostname='a', domainname='')"


def test_a_static_pod_is_its_own_yaml() -> None:
    pod = {"apiVersion": "v1", "kind": "Pod", "spec": {"priority": 2000000000}}
    sent = encode_spec(StaticPod(pod=pod))
    assert yaml.safe_load(sent.yaml_spec) == pod
    assert decode_spec(sent, StaticPod) == StaticPod(pod=pod)


def test_the_machine_configuration_stays_as_it_was_written() -> None:
    spec = MachineConfig(text="# mine\nversion: v1alpha1\n---\nkind: Other\n")
    sent = encode_spec(spec)
    assert (sent.proto_spec, sent.yaml_spec) == (b"", spec.text)
    assert decode_spec(sent, MachineConfig) == spec


def test_the_machine_type_is_one_word() -> None:
    sent = encode_spec(MachineType(type=MachineKind.CONTROLPLANE))
    assert sent.yaml_spec == "controlplane\n"
    assert decode_spec(sent, MachineType).type is MachineKind.CONTROLPLANE


def test_text_that_looks_like_something_else_stays_text() -> None:
    for odd in ("on", "1.0", "null", "2026-01-02", "0x10", "~", "a: b", "\n x\n"):
        spec = EtcFileSpec(contents=odd)
        assert from_yaml(to_yaml(spec), EtcFileSpec) == spec


def test_every_definition_can_be_sent_to_clients() -> None:
    for found in definitions():
        described = describe(found)
        assert decode(encode(described), type(described.spec)).spec.type == found.type


@pytest.mark.parametrize(
    ("version", "phase"),
    [pytest.param("x", "running", id="version"), pytest.param("1", "limbo", id="phase")],
)
def test_metadata_that_makes_no_sense_is_refused(version: str, phase: str) -> None:
    with pytest.raises(FormatError, match="expected"):
        decode_metadata(resource_pb2.Metadata(version=version, phase=phase))


def test_a_message_of_another_type_is_refused() -> None:
    with pytest.raises(FormatError, match="HostnameStatuses"):
        decode(resource_pb2.Resource(), HostnameStatus)


@given(st.binary(max_size=40))
def test_bytes_that_are_no_message_are_refused_or_read(raw: bytes) -> None:
    with suppress(FormatError):
        decode_spec(resource_pb2.Spec(proto_spec=raw), LinkSpec)


@given(st.text(max_size=40))
def test_text_that_is_no_spec_is_refused_or_read(raw: str) -> None:
    with suppress(FormatError):
        from_yaml(raw, LinkSpec)
