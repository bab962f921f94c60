"""What is due is signed at once, and one refusal takes nothing from the others."""

import asyncio
import os
from datetime import UTC, datetime, timedelta

import pytest
from tests.apps.node import Signer

from ichor.config.secret import Secret
from ichor.errors import InputError
from ichor.linux.issuance import LocalIssuance
from ichor.pki import issue
from ichor.pki.leaf import Algorithm
from ichor.ports.issuance import Issue, Order
from ichor.resources.secrets.certificate import Authority, CertificateRequest, Issuer
from ichor.testing.engine import FakeTime

NOW = datetime(2026, 1, 1, tzinfo=UTC)
REQUEST = CertificateRequest(issuer=Issuer.OS, common_name="n", lifetime=timedelta(hours=24))


def test_what_is_good_is_kept_where_another_is_refused() -> None:
    pair = issue.make_ca("test", Algorithm.ED25519, now=NOW, entropy=os.urandom)
    good = Authority(cert=pair.certificate, key=Secret(pair.key))
    bad = Authority(cert=pair.certificate, key=Secret("no key"))
    none = Authority(cert="no certificate", key=Secret(pair.key))
    past = NOW - timedelta(days=9999)
    over = issue.make_ca("test", Algorithm.ED25519, now=past, entropy=os.urandom)
    expired = Authority(cert=over.certificate, key=Secret(over.key))
    issuance = LocalIssuance(Signer(FakeTime(NOW)))
    orders = [
        Order(id=id, request=REQUEST, authority=authority)
        for id, authority in zip("abcde", (good, bad, good, none, expired), strict=True)
    ]
    with pytest.raises(
        InputError, match=r"^b: expected .*; d: .*; e: the CA is valid until"
    ) as refused:
        asyncio.run(issuance.apply(Issue(tuple(orders))))
    assert "no key" not in str(refused.value)
    held = issuance.observe()
    assert set(held) == {"a", "c"}
    assert held["a"].authority == pair.certificate
    assert held["a"].cert != held["c"].cert
