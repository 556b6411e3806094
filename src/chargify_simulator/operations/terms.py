"""The lesser terms of a signup: timing beyond the first bill, and what is only written down."""

from dataclasses import dataclass
from datetime import datetime

from chargify_simulator.fields import Fields
from chargify_simulator.records import PricePoint, Subscription
from chargify_simulator.refusals import errors
from chargify_simulator.rules.billing import period_end
from chargify_simulator.site import Site

LAST_SNAP_DAY = 28
CURRENCY = "USD"


@dataclass(slots=True)
class Terms:
    snap_day: str | None = None
    first_charge: str = "prorated"
    """prorated, immediate or delayed; for calendar billing."""
    previous_billing_at: datetime | None = None
    """With `next_billing_at`: when the imported period began."""
    expires_at: datetime | None = None
    activated_at: datetime | None = None
    is_deferred: bool = False
    net_terms: int | None = None
    receives_invoice_emails: bool | None = None
    referral_code: str | None = None
    cancellation_message: str | None = None
    reason_code: str | None = None
    stored_credential_transaction_id: int | None = None
    dunning_communication_delay_enabled: bool = False
    dunning_communication_delay_time_zone: str | None = None

    def period_end(self, price: PricePoint, starts_at: datetime) -> datetime:
        return period_end(price, starts_at, self.snap_day)

    def write_on(self, subscription: Subscription) -> None:
        for name in WRITTEN_DOWN:
            setattr(subscription, name, getattr(self, name))
        subscription.expires_at = self.expires_at or subscription.expires_at
        subscription.activated_at = self.activated_at or subscription.activated_at


WRITTEN_DOWN = (
    "snap_day",
    "net_terms",
    "receives_invoice_emails",
    "referral_code",
    "cancellation_message",
    "reason_code",
    "stored_credential_transaction_id",
    "dunning_communication_delay_enabled",
    "dunning_communication_delay_time_zone",
)


def read_terms(site: Site, sent: Fields) -> Terms:
    calendar = sent.nested("calendar_billing") or Fields({})
    terms = Terms(
        snap_day=read_snap_day(site, calendar),
        first_charge=calendar.text("calendar_billing_first_charge") or "prorated",
        previous_billing_at=sent.instant("previous_billing_at"),
        expires_at=sent.instant("expires_at"),
        activated_at=sent.instant("activated_at"),
        is_deferred=bool(sent.flag("defer_signup")),
        net_terms=sent.integer("net_terms"),
        receives_invoice_emails=sent.flag("receives_invoice_emails"),
        referral_code=_referral(site, sent),
        cancellation_message=sent.text("cancellation_message"),
        reason_code=sent.text("reason_code"),
        stored_credential_transaction_id=sent.integer("stored_credential_transaction_id"),
        dunning_communication_delay_enabled=bool(sent.flag("dunning_communication_delay_enabled")),
        dunning_communication_delay_time_zone=sent.text("dunning_communication_delay_time_zone"),
    )
    if terms.snap_day and terms.expires_at:
        raise errors(site.say("calendar.expires_at"))
    currency = sent.text("currency")
    if currency and currency.upper() != CURRENCY:
        raise errors(site.say("currency.unknown"))
    return terms


def read_snap_day(site: Site, sent: Fields) -> str | None:
    day = sent.text("snap_day")
    if day is None:
        return None
    number = sent.integer("snap_day")
    if day != "end" and not (number and 1 <= number <= LAST_SNAP_DAY):
        raise errors(site.say("calendar.snap_day"))
    return "end" if day == "end" else str(number)


def _referral(site: Site, sent: Fields) -> str | None:
    """The code of whoever sent this customer; it must be a valid one."""
    code = sent.text("ref")
    if code and code not in site.referral_codes:
        raise errors(site.say("referral.invalid"))
    return None  # a subscription shows its own code, not the one it came by
