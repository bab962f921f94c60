from datetime import datetime, timedelta

from ichor.config.secret import Secret
from ichor.controllers.secrets.issuance import issuance
from ichor.errors import TransientError
from ichor.ports.issuance import Action, Forget, Issue, Order
from ichor.resources.secrets.certificate import (
    Authority,
    Certificate,
    CertificateRequest,
    Issuer,
)
from ichor.testing.engine import World


class FakeSigner:
    """Signs at once for the life that is asked for, and counts."""

    def __init__(self) -> None:
        self.world: World | None = None
        self.held: dict[str, Certificate] = {}
        self.signed: list[str] = []
        self.asked = 0
        self.is_down = False

    def observe(self) -> dict[str, Certificate]:
        return dict(self.held)

    async def apply(self, action: Action) -> None:
        if self.is_down:
            raise TransientError("the signer is away")
        if isinstance(action, Forget):
            self.held.pop(action.id)
        elif isinstance(action, Issue) and self.world is not None:
            self.asked += 1
            for order in action.orders:
                self._sign(order, self.world.time.now())

    def _sign(self, order: Order, now: datetime) -> None:
        self.signed.append(order.id)
        self.held[order.id] = Certificate(
            request=order.request,
            cert=f"cert {len(self.signed)}",
            key=Secret("key"),
            authority=order.authority.cert if order.authority else "",
            not_before=now,
            not_after=now + order.request.lifetime,
        )


def world(*requests: tuple[str, CertificateRequest]) -> tuple[World, FakeSigner]:
    signer = FakeSigner()
    made = World((issuance(signer),))
    signer.world = made
    for id, request in requests:
        made.put(request, id)
    made.settle()
    return made, signer


def request(issuer: Issuer = Issuer.OS, name: str = "node", hours: int = 24) -> CertificateRequest:
    return CertificateRequest(issuer=issuer, common_name=name, lifetime=timedelta(hours=hours))


def test_a_wish_waits_for_its_authority_with_a_key() -> None:
    made, signer = world(("api-server", request()))
    made.put(Authority(cert="ca", key=Secret("")), Issuer.OS.value)
    made.settle()
    assert signer.signed == []
    made.put(Authority(cert="ca", key=Secret("k")), Issuer.OS.value)
    made.settle()
    assert signer.signed == ["api-server"]


def test_all_that_is_due_is_asked_for_at_once() -> None:
    made, signer = world(*((name, request()) for name in ("a", "b", "c")))
    made.put(Authority(cert="ca", key=Secret("k")), Issuer.OS.value)
    made.settle()
    assert (signer.signed, signer.asked) == (["a", "b", "c"], 1)


def test_who_signs_himself_needs_no_authority() -> None:
    made, _ = world(("maintenance", request(Issuer.SELF)))
    assert made.spec(Certificate, "maintenance") is not None


def test_a_certificate_is_renewed_at_half_life_and_not_before() -> None:
    made, signer = world(("maintenance", request(Issuer.SELF, hours=24)))
    made.advance(timedelta(hours=11, minutes=59))
    assert signer.signed == ["maintenance"]
    made.advance(timedelta(minutes=1))
    assert signer.signed == ["maintenance", "maintenance"]
    made.advance(timedelta(hours=12))
    assert len(signer.signed) == 3


def test_what_was_issued_by_a_clock_ahead_is_issued_again() -> None:
    made, signer = world()
    ahead = made.time.now() + timedelta(days=365)
    wish = request(Issuer.SELF)
    signer.held["maintenance"] = Certificate(
        request=wish,
        cert="of next year",
        key=Secret("key"),
        authority="",
        not_before=ahead,
        not_after=ahead + wish.lifetime,
    )
    made.put(wish, "maintenance")
    made.settle()
    assert signer.signed == ["maintenance"]


def test_another_wish_or_another_authority_gives_another_certificate() -> None:
    made, signer = world(("api-server", request()))
    made.put(Authority(cert="ca", key=Secret("k")), Issuer.OS.value)
    made.settle()
    made.put(request(name="renamed"), "api-server")
    made.settle()
    made.put(Authority(cert="ca2", key=Secret("k2")), Issuer.OS.value)
    made.settle()
    assert len(signer.signed) == 3


def test_what_nobody_wishes_any_more_is_forgotten() -> None:
    made, signer = world(("maintenance", request(Issuer.SELF)))
    made.remove(CertificateRequest, "maintenance")
    made.settle()
    assert signer.held == {}
    assert made.spec(Certificate, "maintenance") is None


def test_a_wish_for_trustd_is_not_ours_to_sign() -> None:
    made, signer = world(("api-server", request(Issuer.TRUSTD)))
    made.put(Authority(cert="ca", key=Secret("k")), Issuer.OS.value)
    made.settle()
    assert signer.signed == []


def test_a_signer_that_is_away_is_asked_again() -> None:
    signer = FakeSigner()
    signer.is_down = True
    made = World((issuance(signer),))
    signer.world = made
    made.put(request(Issuer.SELF), "maintenance")
    made.settle()
    signer.is_down = False
    made.advance(timedelta(minutes=2))
    assert signer.signed == ["maintenance"]
