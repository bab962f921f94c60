import contextlib
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from ichor.errors import FormatError
from ichor.peers import libcrypto
from ichor.peers.discovery_seal import (
    open_affiliate,
    open_endpoint,
    seal_affiliate,
    seal_endpoint,
)
from ichor.ports.discovery import Affiliate, Endpoint, KubeSpan, Prefix

VECTORS = [
    line.split("\t")
    for line in Path(__file__).with_name("discovery_vectors.tsv").read_text().splitlines()[1:]
]
KEY = bytes(range(32))
keys = st.binary(min_size=32, max_size=32)
nonces = st.binary(min_size=12, max_size=12)
addresses = st.ip_addresses().map(str)


def test_an_endpoint_is_sealed_as_the_go_client_seals_it() -> None:
    _, key, _, plain, cipher = VECTORS[0]
    assert libcrypto.ecb_encrypt(bytes.fromhex(key), bytes.fromhex(plain)).hex() == cipher
    endpoint = Endpoint("1.2.3.4", 51820)
    assert seal_endpoint(bytes.fromhex(key), endpoint).hex() == cipher
    assert open_endpoint(bytes.fromhex(key), bytes.fromhex(cipher)) == endpoint


def test_an_affiliate_is_sealed_as_the_go_client_seals_it() -> None:
    _, key, nonce, _, cipher = VECTORS[1]
    affiliate = Affiliate(node_id="n1", hostname="h1", machine_type="worker")
    sealed = seal_affiliate(bytes.fromhex(key), affiliate, nonce=bytes.fromhex(nonce))
    assert sealed.hex() == cipher
    assert open_affiliate(bytes.fromhex(key), sealed) == affiliate


@given(keys, nonces, st.binary(max_size=200))
def test_gcm_agrees_with_another_implementation(key: bytes, nonce: bytes, plain: bytes) -> None:
    sealed = libcrypto.gcm_encrypt(key, nonce, plain)
    assert sealed == AESGCM(key).encrypt(nonce, plain, None)
    assert libcrypto.gcm_decrypt(key, nonce, sealed) == plain


@given(st.binary(max_size=100), st.integers(0, 1000))
def test_a_changed_byte_is_noticed(plain: bytes, where: int) -> None:
    sealed = bytearray(libcrypto.gcm_encrypt(KEY, bytes(12), plain))
    sealed[where % len(sealed)] ^= 1
    with pytest.raises(FormatError):
        libcrypto.gcm_decrypt(KEY, bytes(12), bytes(sealed))


@pytest.mark.parametrize("sealed", [b"", bytes(27), bytes(28), bytes(100)])
def test_bytes_that_are_no_affiliate_are_refused(sealed: bytes) -> None:
    with pytest.raises(FormatError):
        open_affiliate(KEY, sealed)


@given(st.binary(max_size=64))
def test_bytes_that_are_no_endpoint_are_refused_or_read(sealed: bytes) -> None:
    with contextlib.suppress(FormatError):
        assert isinstance(open_endpoint(KEY, sealed), Endpoint)


@pytest.mark.parametrize(("key", "nonce"), [(bytes(16), bytes(12)), (KEY, bytes(8))])
def test_wrong_lengths_never_reach_the_library(key: bytes, nonce: bytes) -> None:
    with pytest.raises(FormatError):
        libcrypto.gcm_encrypt(key, nonce, b"x")


prefixes = st.builds(Prefix, addresses, st.integers(0, 128))
spans = st.builds(
    KubeSpan,
    public_key=st.text(max_size=44),
    address=addresses,
    additional_addresses=st.tuples(prefixes),
    exclude_advertised=st.tuples(prefixes),
)
affiliates = st.builds(
    Affiliate,
    node_id=st.text(max_size=44),
    addresses=st.tuples(addresses, addresses),
    hostname=st.text(max_size=10),
    nodename=st.text(max_size=10),
    machine_type=st.sampled_from(["worker", "controlplane", ""]),
    kubespan=st.none() | spans,
    api_server_port=st.none() | st.integers(0, 65535),
)


@given(affiliates)
def test_what_is_sealed_is_opened_again(affiliate: Affiliate) -> None:
    assert open_affiliate(KEY, seal_affiliate(KEY, affiliate)) == affiliate


@given(addresses, st.integers(0, 65535))
def test_equal_endpoints_are_sealed_alike(address: str, port: int) -> None:
    one = Endpoint(address, port)
    assert seal_endpoint(KEY, one) == seal_endpoint(KEY, one)
    assert open_endpoint(KEY, seal_endpoint(KEY, one)) == one


def test_the_secret_is_not_in_a_repr() -> None:
    from ichor.peers.discovery import Cluster

    assert "000102" not in repr(Cluster(id="c", secret=KEY, node_id="n"))
