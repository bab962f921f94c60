"""What a discovery service is given to keep: sealed descriptions and endpoints.

    affiliate: nonce(12) + AES-256-GCM of the serialized message + tag(16)
    endpoint:  AES-256-ECB of length(1) + serialized message + zeros to whole blocks; deterministic,
               so that the service can tell equal ones without reading them

The key is the cluster's secret. Addresses are 4 or 16 raw bytes within.
"""

import os
from ipaddress import ip_address

from google.protobuf.message import DecodeError

from ichor.errors import FormatError
from ichor.peers import libcrypto
from ichor.ports.discovery import Affiliate, Endpoint, KubeSpan, Prefix
from ichor.proto.discovery import client_pb2


def seal_affiliate(key: bytes, affiliate: Affiliate, *, nonce: bytes = b"") -> bytes:
    """Seal a description; the nonce is drawn anew unless a test gives one."""
    nonce = nonce or os.urandom(libcrypto.NONCE)
    plain = _to_message(affiliate).SerializeToString(deterministic=True)
    return nonce + libcrypto.gcm_encrypt(key, nonce, plain)


def open_affiliate(key: bytes, sealed: bytes) -> Affiliate:
    """Raises FormatError if it is not sealed with this key, or not a description."""
    if len(sealed) < libcrypto.NONCE + libcrypto.TAG:
        raise FormatError("at least a nonce and a tag")
    nonce, body = sealed[: libcrypto.NONCE], sealed[libcrypto.NONCE :]
    try:
        message = client_pb2.Affiliate.FromString(libcrypto.gcm_decrypt(key, nonce, body))
    except DecodeError as err:
        raise FormatError("an Affiliate message") from err
    return _from_message(message)


def seal_endpoint(key: bytes, endpoint: Endpoint) -> bytes:
    message = client_pb2.Endpoint(ip=_packed(endpoint.address), port=endpoint.port)
    plain = message.SerializeToString(deterministic=True)
    padded = bytes([len(plain)]) + plain
    return libcrypto.ecb_encrypt(key, padded + bytes(-len(padded) % libcrypto.BLOCK))


def open_endpoint(key: bytes, sealed: bytes) -> Endpoint:
    """Raises FormatError if it is not sealed with this key, or not an endpoint."""
    padded = libcrypto.ecb_decrypt(key, sealed)
    if not padded or padded[0] >= len(padded):
        raise FormatError("a length and an Endpoint message")
    try:
        message = client_pb2.Endpoint.FromString(padded[1 : 1 + padded[0]])
    except DecodeError as err:
        raise FormatError("an Endpoint message") from err
    return Endpoint(_address(message.ip), message.port)


def _to_message(affiliate: Affiliate) -> client_pb2.Affiliate:
    message = client_pb2.Affiliate(
        node_id=affiliate.node_id,
        addresses=[_packed(address) for address in affiliate.addresses],
        hostname=affiliate.hostname,
        nodename=affiliate.nodename,
        machine_type=affiliate.machine_type,
        operating_system=affiliate.operating_system,
    )
    if affiliate.kubespan is not None:
        message.kubespan.CopyFrom(_to_kubespan(affiliate.kubespan))
    if affiliate.api_server_port is not None:
        message.control_plane.api_server_port = affiliate.api_server_port
    return message


def _to_kubespan(kubespan: KubeSpan) -> client_pb2.KubeSpan:
    def prefixes(items: tuple[Prefix, ...]) -> list[client_pb2.IPPrefix]:
        return [client_pb2.IPPrefix(ip=_packed(one.address), bits=one.bits) for one in items]

    return client_pb2.KubeSpan(
        public_key=kubespan.public_key,
        address=_packed(kubespan.address) if kubespan.address else b"",
        additional_addresses=prefixes(kubespan.additional_addresses),
        exclude_advertised_addresses=prefixes(kubespan.exclude_advertised),
    )


def _from_message(message: client_pb2.Affiliate) -> Affiliate:
    port = message.control_plane.api_server_port if message.HasField("control_plane") else None
    return Affiliate(
        node_id=message.node_id,
        addresses=tuple(map(_address, message.addresses)),
        hostname=message.hostname,
        nodename=message.nodename,
        machine_type=message.machine_type,
        operating_system=message.operating_system,
        kubespan=_from_kubespan(message.kubespan) if message.HasField("kubespan") else None,
        api_server_port=port,
    )


def _from_kubespan(message: client_pb2.KubeSpan) -> KubeSpan:
    def prefix(one: client_pb2.IPPrefix) -> Prefix:
        return Prefix(_address(one.ip), one.bits)

    return KubeSpan(
        public_key=message.public_key,
        address=_address(message.address) if message.address else "",
        additional_addresses=tuple(map(prefix, message.additional_addresses)),
        exclude_advertised=tuple(map(prefix, message.exclude_advertised_addresses)),
    )


def _packed(address: str) -> bytes:
    return ip_address(address).packed


def _address(raw: bytes) -> str:
    if len(raw) not in {4, 16}:
        raise FormatError("an address of 4 or 16 bytes")
    return str(ip_address(raw))
