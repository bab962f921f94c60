"""When a certificate is renewed: at half of its life, or at once when it is wrong for now.

Pure: the caller wakes up at `renew_at` and asks again.
"""

from datetime import datetime

from ichor.pki.certificate import Certificate


def renew_at(certificate: Certificate) -> datetime:
    """Give the middle of its life."""
    return certificate.not_before + (certificate.not_after - certificate.not_before) / 2


def is_due(certificate: Certificate, now: datetime) -> bool:
    """Say whether to renew: half its life is over, or the clock says it has not begun."""
    return now >= renew_at(certificate) or now < certificate.not_before


def covers(certificate: Certificate, sans: tuple[str, ...]) -> bool:
    """Say whether it names all of these, and so need not be made anew for them."""
    return set(sans) <= {*certificate.dns_names, *certificate.addresses}
