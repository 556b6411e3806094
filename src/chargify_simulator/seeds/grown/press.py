"""Prints rows of a generated site as JSON, fast: only what varies is filled into a form.

The form is drawn from the ordinary view, so the two cannot differ; a test compares them.
"""

from collections.abc import Iterable

import msgspec

from chargify_simulator.fields import JsonObject
from chargify_simulator.operations.subscriptions import next_bill_in_cents
from chargify_simulator.records import Customer, PaymentProfile
from chargify_simulator.seeds.catalogue import REASON_CODES
from chargify_simulator.seeds.people import COMPANIES, FIRST, LAST, PLACES
from chargify_simulator.site import FIRST_IDS
from chargify_simulator.subscription_view import money_text, subscription_view
from chargify_simulator.views import customer_view, product_view, profile_view

from .draw import COUPON_SETS, OWING, WAITING, mix
from .grower import METHODS, TWIN_EVERY, Grower, revenue_of

NULL = b"null"
SUBSCRIPTION = (
    *("id", "state", "trial_started_at", "trial_ended_at", "activated_at", "created_at"),
    *("updated_at", "expires_at", "balance_in_cents", "current_period_ends_at"),
    *("next_assessment_at", "canceled_at", "cancel_at_end_of_period"),
    *("payment_collection_method", "cancellation_method", "current_period_started_at"),
    *("previous_state", "signup_payment_id", "signup_revenue", "delayed_cancel_at"),
    *("scheduled_cancellation_at", "coupon_code", "total_revenue_in_cents"),
    *("product_price_in_cents", "payment_type", "coupon_use_count", "coupon_uses_allowed"),
    *("reason_code", "automatically_resume_at", "coupon_codes", "product_price_point_id"),
    *("product_price_point_type", "reference", "on_hold_at", "customer", "product"),
)
CUSTOMER = (
    *("id", "first_name", "last_name", "organization", "email", "created_at", "updated_at"),
    *("reference", "address", "city", "state", "state_name", "zip", "country", "country_name"),
    "verified",
)
PROFILE = ("id", "first_name", "last_name", "customer_id", "created_at", "updated_at")


def form(view: JsonObject, varying: Iterable[str]) -> bytes:
    """The view's JSON with a gap for each varying field, in the order of the view."""
    wanted = tuple(varying)
    order = tuple(name for name in view if name in wanted)
    if order != wanted:
        raise ValueError(f"the view's order is {order}")
    parts = [_part(name, value, is_gap=name in wanted) for name, value in view.items()]
    return b"{" + b",".join(parts) + b"}"


def _part(name: str, value: object, *, is_gap: bool) -> bytes:
    content = b"%b" if is_gap else msgspec.json.encode(value).replace(b"%", b"%%")
    return b'"' + name.encode() + b'":' + content


def _json(values: Iterable[object]) -> list[bytes]:
    return [msgspec.json.encode(value) for value in values]


class Press:
    def __init__(self, grower: Grower) -> None:
        self.grower = grower
        site = grower.site
        sample = grower.subscription(0)
        view = subscription_view(site, sample)
        view.pop("credit_card", None)
        # The card stands last, where there is one.
        self.row_form = b'{"subscription":' + form(view, SUBSCRIPTION)[:-1] + b"%b}}"
        self.customer_form = form(customer_view(_customer(grower)), CUSTOMER)
        self.card_forms = {
            kind: b',"credit_card":' + form(profile_view(profile), PROFILE)
            for kind, profile in _profiles(grower).items()
        } | {"none": b""}
        self.print_products()
        self.price_ids = [b"%d" % each.id for each in grower.prices]
        self.price_kinds = _json(each.type for each in grower.prices)
        self.first, self.last = _json(FIRST), _json(LAST)
        self.companies = _json(COMPANIES)
        self.places = [tuple(_json(place)) for place in PLACES]
        self.code_lists = _json(COUPON_SETS)
        self.only_codes = _json(codes[0] for codes in COUPON_SETS)
        self.allowances = [_allowance(grower, at) for at in range(len(COUPON_SETS))]
        self.reasons = _json(code for code, _ in REASON_CODES)
        self.methods = _json(METHODS)

    def print_products(self) -> None:
        """Each once, at each of its prices."""
        self.amounts: dict[tuple[int, int], bytes] = {}
        site, prices = self.grower.site, self.grower.prices
        self.products = [
            msgspec.json.encode(product_view(site, site.products[each.product_id], each))
            for each in prices
        ]

    def single(self, index: int) -> bytes:
        """As a single read shows it, with the amount of the next bill."""
        drawn = self.grower.dice.draw(index)
        plan = drawn.price, drawn.coupons
        if plan not in self.amounts:
            amount = next_bill_in_cents(self.grower.site, self.grower.subscription(index))
            self.amounts[plan] = b',"current_billing_amount_in_cents":%d}}' % amount
        return self.row(index)[:-2] + self.amounts[plan]

    def row(self, index: int) -> bytes:
        """As `{"subscription": subscription_view(...)}`."""
        grower, days = self.grower, self.grower.days
        drawn = grower.dice.draw(index)
        state, price_at, coupons, time, created_day, started, ends, updated, _, _, flags = drawn
        owner = index - 1 if index % TWIN_EVERY == TWIN_EVERY - 1 else index
        clock, dates, offsets = days.times[time], days.dates, days.offsets
        created = dates[created_day] + clock + offsets[created_day]
        ends_at = dates[ends] + clock + offsets[ends]
        updated_at = dates[updated] + clock + offsets[updated]
        started_at = NULL if state in WAITING else dates[started] + clock + offsets[started]
        price = grower.prices[price_at].price_in_cents
        cents = b"%d" % price
        revenue = revenue_of(drawn, price)
        told = b'"' + state.encode() + b'"'
        trial_start = trial_end = canceled = method = reason = expires = held = NULL
        activated, pending, delayed, resume = created, b"false", NULL, NULL
        if state == "active":
            if flags >> 2 & 7 == 0:
                pending, delayed = b"true", ends_at
            elif flags >> 2 & 7 == 1:
                pending = NULL
        elif state == "canceled":
            canceled = updated_at
            method, reason = self.methods[flags >> 2 & 1], self.reasons[flags >> 3 & 3]
        elif state in {"trialing", "trial_ended"}:
            activated, trial_start = NULL, created
            trial_end = ends_at if state == "trialing" else updated_at
        elif state in WAITING:
            activated = NULL
        elif state == "expired":
            expires = updated_at
        elif state == "on_hold":
            held, resume = updated_at, ends_at if flags >> 2 & 1 else NULL
        is_alone = coupons >= 0 and len(COUPON_SETS[coupons]) == 1
        card = grower.card(owner)
        customer, tail = self._people(owner, created if owner == index else None, card)
        return self.row_form % (
            b"%d" % (grower.first_subscription + index),
            told,
            trial_start,
            trial_end,
            activated,
            created,
            updated_at,
            expires,
            cents if state in OWING else b"0",
            NULL if state in WAITING else ends_at,
            ends_at,
            canceled,
            pending,
            b'"remittance"' if card == "none" else b'"automatic"',
            method,
            started_at,
            told,
            b"%d" % (FIRST_IDS["payments"] + index),
            b'"' + money_text(min(revenue, price)).encode() + b'"',
            delayed,
            delayed,
            self.only_codes[coupons] if coupons >= 0 else NULL,
            b"%d" % revenue,
            cents,
            NULL if card == "none" else b'"credit_card"',
            b"1" if is_alone else NULL,
            self.allowances[coupons] if is_alone else NULL,
            reason,
            resume,
            self.code_lists[coupons] if coupons >= 0 else b"[]",
            self.price_ids[price_at],
            self.price_kinds[price_at],
            b'"sub-%d"' % index if flags & 3 == 0 else NULL,
            held,
            customer,
            self.products[price_at],
            tail,
        )

    def _people(self, owner: int, created: bytes | None, card: str) -> tuple[bytes, bytes]:
        grower = self.grower
        if created is None:
            drawn, days = grower.dice.draw(owner), grower.days
            day = drawn.created
            created = days.dates[day] + days.times[drawn.time] + days.offsets[day]
        bits = mix(grower.seed + 1, owner)
        first = self.first[(bits >> 20 & 0xFFF) % len(self.first)]
        last = self.last[(bits >> 32 & 0xFFF) % len(self.last)]
        address = city = state = postcode = country = NULL
        if bits >> 18 & 3:
            address = b'"1 Main Street"'
            city, state, postcode, country = self.places[bits >> 16 & 3]
        number = b"%d" % (grower.first_customer + owner)
        customer = self.customer_form % (
            number,
            first,
            last,
            self.companies[(bits >> 44 & 0xFF) % 6] if bits >> 52 & 1 else NULL,
            b'"user%d@example.com"' % owner,
            created,
            created,
            NULL if owner % 5 == 0 else b'"user-%07d"' % owner,
            address,
            city,
            state,
            state,
            postcode,
            country,
            country,
            NULL if owner % 40 == 3 else b"false",
        )
        if card == "none":
            return customer, b""
        profile = b"%d" % (grower.first_profile + owner)
        return customer, self.card_forms[card] % (profile, first, last, number, created, created)


def _customer(grower: Grower) -> Customer:
    customer = grower.customer(0)
    if customer is None:
        raise LookupError("the first row has a customer of its own")
    return customer


def _profiles(grower: Grower) -> dict[str, PaymentProfile]:
    """One card of each kind."""
    found: dict[str, PaymentProfile] = {}
    for index in range(TWIN_EVERY * 20):
        profile = grower.profile(index)
        if profile is not None:
            found.setdefault(grower.card(index), profile)
    return found


def _allowance(grower: Grower, at: int) -> bytes:
    coupon = grower.coupons[at][0]
    return msgspec.json.encode(coupon.duration_period_count if coupon else None)
