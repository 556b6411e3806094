"""Which of a customer's payment methods would pay."""

from datetime import UTC, datetime

import msgspec

from standfast.connectors.chargify.errors import ensure_read
from standfast.connectors.chargify.models import (
    PaymentProfile,
    PaymentProfileBody,
    instant,
    log_bad_row,
    read_as,
    rows,
)
from standfast.connectors.chargify.records import Account
from standfast.contract.transport import Call, Method, Transport


def usable_profile(account: Account, transport: Transport) -> PaymentProfile | None:
    """The newest payment profile that is neither expired, disabled nor unverified.

    The day is the vendor's, from the answer's Date: a connector has no clock of its own.
    """
    query = (("customer_id", account.id), ("per_page", "200"))
    answer = ensure_read(transport.send(Call(Method.GET, "/payment_profiles.json", query)))
    today = answer.told_at
    bodies = rows(read_as(answer.body, list[msgspec.Raw]), PaymentProfileBody, log_bad_row)
    usable = [
        one.payment_profile for one in bodies if _is_usable(one.payment_profile, account, today)
    ]
    oldest = datetime.min.replace(tzinfo=UTC)
    return max(
        usable, key=lambda one: (instant(one.created_at) or oldest, _rank(one)), default=None
    )


def _rank(profile: PaymentProfile) -> tuple[int, str]:
    """Later ids are longer or greater, whether they are numbers or not."""
    return len(str(profile.id)), str(profile.id)


def _is_usable(profile: PaymentProfile, account: Account, today: datetime | None) -> bool:
    is_own = profile.customer_id is None or str(profile.customer_id) == account.id
    is_doubtful = profile.payment_type == "bank_account" and profile.verified is False
    return is_own and not profile.disabled and not is_doubtful and not _is_expired(profile, today)


def _is_expired(profile: PaymentProfile, today: datetime | None) -> bool:
    """Vault imports have no expiration, others hide it: those are not expired as far as we know."""
    year, month = str(profile.expiration_year), str(profile.expiration_month)
    if today is None or not (year.isdecimal() and month.isdecimal()):
        return False
    return (int(year), int(month)) < (today.year, today.month)
