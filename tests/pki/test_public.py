import os

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from ichor.errors import FormatError
from ichor.pki import issue
from ichor.pki.leaf import Algorithm
from ichor.pki.public import public_pem, rsa_numbers


@pytest.mark.parametrize("algorithm", [Algorithm.RSA, Algorithm.P256])
def test_the_public_half_is_what_cryptography_says(algorithm: Algorithm) -> None:
    key = issue.make_key(algorithm, os.urandom)
    for text in (issue.key_pem(key), issue.pkcs8_pem(key)):
        assert public_pem(text) == issue.public_pem(key)


def test_other_curves_keep_their_name() -> None:
    key = ec.generate_private_key(ec.SECP384R1())
    assert public_pem(issue.key_pem(key)) == issue.public_pem(key)


def test_a_key_of_another_kind_is_refused() -> None:
    with pytest.raises(FormatError, match="RSA or EC"):
        public_pem(issue.key_pem(issue.make_key(Algorithm.ED25519, os.urandom)))


def test_the_numbers_of_an_rsa_key_are_read() -> None:
    key = rsa.generate_private_key(65537, 2048)
    numbers = key.public_key().public_numbers()
    assert rsa_numbers(issue.public_pem(key)) == (numbers.n, 65537)
    with pytest.raises(FormatError, match="RSA"):
        rsa_numbers(issue.public_pem(ec.generate_private_key(ec.SECP256R1())))
