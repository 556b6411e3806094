"""Rows of a generated site as records."""

from datetime import datetime

from chargify_simulator.records import (
    AppliedCoupon,
    Customer,
    PaymentProfile,
    PricePoint,
    Subscription,
)
from chargify_simulator.seeds.catalogue import REASON_CODES
from chargify_simulator.seeds.people import COMPANIES, FIRST, LAST, PLACES
from chargify_simulator.site import FIRST_IDS, Site

from .draw import CARDS, COUPON_SETS, NEVER_PAID, OWING, WAITING, Days, Dice, Drawn, mix

TWIN_EVERY = 20
"""Every twentieth row belongs to the customer of the row before it."""
DAYS_OF_A_MONTH = 30
METHODS = ("merchant_api", "merchant_ui")


class Grower:
    def __init__(self, site: Site, seed: int, rows: int, today: datetime) -> None:
        self.site = site
        self.seed = seed
        self.rows = rows
        self.prices = [each for each in site.price_points.values() if not each.archived_at]
        families = [site.products[each.product_id].family_id for each in self.prices]
        first = next(iter(site.families))
        lengths = [_days(each) for each in self.prices]
        self.dice = Dice(seed, rows, lengths, [family == first for family in families])
        self.days = Days(today)
        self.first_subscription = FIRST_IDS["subscriptions"]
        self.first_customer = FIRST_IDS["customers"]
        self.first_profile = FIRST_IDS["payment_profiles"]
        self.coupons = [[site.find_coupon(code) for code in codes] for codes in COUPON_SETS]

    def customer_index(self, index: int) -> int:
        return index - 1 if index % TWIN_EVERY == TWIN_EVERY - 1 else index

    def card(self, customer: int) -> str:
        return CARDS[mix(self.seed + 1, customer) & 7]

    def instant(self, day: int, time: int) -> datetime:
        return self.days.instant(day, time)

    def customer(self, index: int) -> Customer | None:
        if self.customer_index(index) != index:
            return None
        bits = mix(self.seed + 1, index)
        drawn = self.dice.draw(index)
        created_at = self.instant(drawn.created, drawn.time)
        place = PLACES[bits >> 16 & 3] if bits >> 18 & 3 else None
        city, state, postcode, country = place or (None, None, None, None)
        return Customer(
            id=self.first_customer + index,
            first_name=FIRST[(bits >> 20 & 0xFFF) % len(FIRST)],
            last_name=LAST[(bits >> 32 & 0xFFF) % len(LAST)],
            email=f"user{index}@example.com",
            organization=COMPANIES[(bits >> 44 & 0xFF) % 6] if bits >> 52 & 1 else None,
            reference=None if index % 5 == 0 else f"user-{index:07d}",
            address="1 Main Street" if place else None,
            city=city,
            state=state,
            zip=postcode,
            country=country,
            verified=None if index % 40 == 3 else False,
            created_at=created_at,
            updated_at=created_at,
        )

    def profile(self, index: int) -> PaymentProfile | None:
        customer = self.customer(index)
        kind = self.card(index)
        if customer is None or kind == "none":
            return None
        digit = "2" if kind == "declining" else "1"
        is_import = kind == "vault"
        return PaymentProfile(
            id=self.first_profile + index,
            customer_id=customer.id,
            first_name=customer.first_name,
            last_name=customer.last_name,
            masked_card_number=None if is_import else f"XXXX-XXXX-XXXX-{digit}",
            card_type=None if is_import else "bogus",
            expiration_month=None if is_import else 6,
            expiration_year=None if is_import else 2021 if kind == "expired" else 2039,
            vault_token=digit,
            current_vault="braintree_blue" if is_import else "bogus",
            created_at=customer.created_at,
            updated_at=customer.created_at,
        )

    def subscription(self, index: int) -> Subscription:
        drawn = self.dice.draw(index)
        owner = self.customer_index(index)
        price = self.prices[drawn.price]
        has_card = self.card(owner) != "none"
        revenue = revenue_of(drawn, price.price_in_cents)
        row = Subscription(
            id=self.first_subscription + index,
            state=drawn.state,
            customer_id=self.first_customer + owner,
            product_id=price.product_id,
            price_point_id=price.id,
            product_price_in_cents=price.price_in_cents,
            payment_profile_id=self.first_profile + owner if has_card else None,
            payment_collection_method="automatic" if has_card else "remittance",
            reference=f"sub-{index}" if drawn.flags & 3 == 0 else None,
            coupons=self._applied(drawn),
            balance_in_cents=price.price_in_cents if drawn.state in OWING else 0,
            total_revenue_in_cents=revenue,
            signup_revenue_in_cents=min(revenue, price.price_in_cents),
            signup_payment_id=FIRST_IDS["payments"] + index,
            bills=drawn.periods + 1,
            created_at=self.instant(drawn.created, drawn.time),
            updated_at=self.instant(drawn.updated, drawn.time),
        )
        row.charged_in_cents = row.total_revenue_in_cents + row.balance_in_cents
        self._date(row, drawn)
        return row

    def _applied(self, drawn: Drawn) -> list[AppliedCoupon]:
        if drawn.coupons < 0:
            return []
        return [
            AppliedCoupon(
                coupon_id=coupon.id,
                code=coupon.code,
                use_count=1,
                uses_allowed=coupon.duration_period_count,
            )
            for coupon in self.coupons[drawn.coupons]
            if coupon
        ]

    def _date(self, row: Subscription, drawn: Drawn) -> None:
        """The dates and flags that a row in its state has."""
        state, time = drawn.state, drawn.time
        ends_at = self.instant(drawn.ends, time)
        row.next_assessment_at = ends_at
        if state in WAITING:
            return
        row.current_period_started_at = self.instant(drawn.started, time)
        row.current_period_ends_at = ends_at
        if state in {"trialing", "trial_ended"}:
            row.trial_started_at = row.created_at
            row.trial_ended_at = ends_at if state == "trialing" else row.updated_at
        else:
            row.activated_at = row.created_at
        if state == "canceled":
            row.canceled_at = row.updated_at
            row.cancellation_method = METHODS[drawn.flags >> 2 & 1]
            row.reason_code = REASON_CODES[drawn.flags >> 3 & 3][0]
        elif state == "expired":
            row.expires_at = row.updated_at
        elif state == "on_hold":
            row.on_hold_at = row.updated_at
            row.automatically_resume_at = ends_at if drawn.flags >> 2 & 1 else None
        elif state == "active" and drawn.flags >> 2 & 7 == 0:
            row.cancel_at_end_of_period = True
            row.delayed_cancel_at = ends_at
        elif state == "active" and drawn.flags >> 2 & 7 == 1:
            row.cancel_at_end_of_period = None


def revenue_of(drawn: Drawn, price_in_cents: int) -> int:
    return 0 if drawn.state in NEVER_PAID else price_in_cents * (drawn.periods + 1)


def _days(price: PricePoint) -> int:
    return price.interval * (1 if price.interval_unit == "day" else DAYS_OF_A_MONTH)
