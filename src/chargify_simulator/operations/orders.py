"""What a signup asks for, read and checked before anything changes."""

from dataclasses import dataclass, field
from datetime import datetime

from chargify_simulator.fields import Fields
from chargify_simulator.records import Coupon, Customer, PaymentProfile, PricePoint, Product
from chargify_simulator.refusals import errors
from chargify_simulator.rules.calendar import after
from chargify_simulator.rules.cards import read_profile
from chargify_simulator.rules.coupons import problem_with
from chargify_simulator.rules.money import Bill, Charge, bill, signup_charges
from chargify_simulator.rules.proration import share
from chargify_simulator.site import Site

from .customers import draft_customer
from .terms import Terms, read_terms

CARD_ROOTS = (
    "credit_card_attributes",
    "payment_profile_attributes",
    "bank_account_attributes",
)


@dataclass(slots=True)
class Order:
    customer: Customer
    """Its id is 0 when it is new."""
    product: Product
    price: PricePoint
    """Its id is 0 when it is a custom price."""
    profile: PaymentProfile | None
    """Its id is 0 when it is new."""
    coupons: list[tuple[Coupon, str]]
    reference: str | None
    collection_method: str
    next_billing_at: datetime | None
    starts_at: datetime | None
    """`initial_billing_at`: the subscription waits for this day."""
    canceled_at: datetime | None
    """Set on an import as canceled."""
    terms: Terms = field(default_factory=Terms)

    @property
    def has_trial(self) -> bool:
        return bool(self.price.trial_interval) and self.next_billing_at is None

    @property
    def waits(self) -> bool:
        return self.starts_at is not None or self.terms.is_deferred

    @property
    def is_charged_now(self) -> bool:
        return not (self.next_billing_at or self.waits or self.canceled_at)


def read_order(site: Site, sent: Fields, *, is_preview: bool = False) -> Order:
    product = _product(site, sent)
    price = _price(site, product, sent)
    customer = _customer(site, sent, is_preview=is_preview)
    order = Order(
        customer=customer,
        product=product,
        price=price,
        profile=None if is_preview else _profile(site, sent, customer),
        coupons=_coupons(site, sent, product),
        reference=sent.text("reference"),
        collection_method=sent.text("payment_collection_method") or "automatic",
        next_billing_at=sent.instant("next_billing_at"),
        starts_at=_future(site, sent.instant("initial_billing_at")),
        canceled_at=sent.instant("canceled_at"),
        terms=read_terms(site, sent),
    )
    _check(site, order, sent)
    return order


def _future(site: Site, instant: datetime | None) -> datetime | None:
    return instant if instant and instant > site.now else None


def first_bill(site: Site, order: Order) -> Bill:
    coupons = [coupon for coupon, _ in order.coupons]
    return bill(_first_charges(site, order), coupons, product_id=order.product.id)


def _first_charges(site: Site, order: Order) -> list[Charge]:
    """On calendar billing the first period is short: its price in full, in part, or later."""
    charges = signup_charges(order.price, in_trial=order.has_trial)
    if not order.terms.snap_day or order.has_trial or order.terms.first_charge == "immediate":
        return charges
    ends_at = order.terms.period_end(order.price, site.now)
    full_end = after(site.now, order.price.interval, order.price.interval_unit)
    price = order.price.price_in_cents
    part = share(price, site.now, full_end, since=full_end - (ends_at - site.now))
    due = 0 if order.terms.first_charge == "delayed" else part
    return [Charge("baseline", due), *charges[1:]]


def _customer(site: Site, sent: Fields, *, is_preview: bool) -> Customer:
    customer_id, reference = sent.integer("customer_id"), sent.text("customer_reference")
    attributes = sent.nested("customer_attributes")
    found = None
    if customer_id is not None:
        found = site.customers.get(customer_id)
    elif reference:
        found = site.find_customer_by_reference(reference)
    elif attributes is not None and not is_preview:
        return draft_customer(site, attributes)
    if found is None and is_preview:
        attributes = Fields({"first_name": "-", "last_name": "-", "email": "-@example.com"})
        return draft_customer(site, attributes)
    if found is None:
        raise errors(site.say("subscription.customer_required"))
    return found


def _product(site: Site, sent: Fields) -> Product:
    handle, number = sent.text("product_handle"), sent.text("product_id")
    if handle:
        product = site.find_product_by_handle(handle)
        if product is None:
            raise errors(site.say("subscription.product_handle_unknown", handle=handle))
    else:
        product = site.find_product(number)
    if product is None:
        raise errors(site.say("subscription.product_required"))
    if product.archived_at:
        raise errors(site.say("subscription.product_archived"))
    return product


def _price(site: Site, product: Product, sent: Fields) -> PricePoint:
    custom = sent.nested("custom_price")
    if custom:
        return custom_price(site, product, custom)
    handle = sent.text("product_price_point_handle")
    ref = f"handle:{handle}" if handle else sent.text("product_price_point_id")
    if ref is None:
        return site.price_points[product.default_price_point_id]
    price = site.find_price_point(product, ref)
    if price is None or price.type == "custom" or price.archived_at:
        raise errors(site.say("subscription.price_point_foreign"))
    return price


def custom_price(site: Site, product: Product, sent: Fields) -> PricePoint:
    return PricePoint(
        id=0,
        product_id=product.id,
        name="Custom Pricing",
        handle="",
        price_in_cents=max(sent.integer("price_in_cents") or 0, 0),
        interval=sent.integer("interval") or 1,
        interval_unit=sent.text("interval_unit") or "month",
        trial_price_in_cents=max(sent.integer("trial_price_in_cents") or 0, 0),
        trial_interval=sent.integer("trial_interval"),
        trial_interval_unit=sent.text("trial_interval_unit"),
        initial_charge_in_cents=max(sent.integer("initial_charge_in_cents") or 0, 0),
        initial_charge_after_trial=bool(sent.flag("initial_charge_after_trial")),
        type="custom",
        created_at=site.now,
        updated_at=site.now,
    )


def _profile(site: Site, sent: Fields, customer: Customer) -> PaymentProfile | None:
    number = sent.integer("payment_profile_id")
    if number is not None:
        profile = site.payment_profiles.get(number)
        if profile is None or profile.customer_id != customer.id:
            raise errors(site.say("profile.foreign"))
        return profile
    for root in CARD_ROOTS:
        attributes = sent.nested(root)
        if attributes is not None:
            return read_profile(
                site,
                attributes,
                customer_id=customer.id,
                first_name=customer.first_name,
                last_name=customer.last_name,
            )
    return None


def _coupons(site: Site, sent: Fields, product: Product) -> list[tuple[Coupon, str]]:
    codes = sent.texts("coupon_codes") or sent.texts("coupon_code")
    found: list[tuple[Coupon, str]] = []
    problems: list[str] = []
    for code in codes:
        coupon = site.find_coupon(code, family_id=product.family_id)
        problem = problem_with(site, coupon, code)
        if coupon and not problem and len(codes) > 1 and not coupon.stackable:
            problem = site.say("coupon.not_stackable")
        if coupon is None or problem:
            problems.append(site.say("coupon.one", code=code, reason=problem))
        else:
            found.append((coupon, code))
    if problems:
        raise errors(*problems)
    return found


def _check(site: Site, order: Order, sent: Fields) -> None:
    if order.reference and site.find_subscription_by_reference(order.reference):
        raise errors(site.say("subscription.reference_taken"))
    if order.next_billing_at and order.next_billing_at <= site.now and not order.canceled_at:
        raise errors(site.say("subscription.next_billing_past"))
    if order.next_billing_at and order.terms.snap_day:
        raise errors(site.say("calendar.next_billing_at"))
    if order.next_billing_at and sent.flag("cancel_at_end_of_period"):
        raise errors(site.say("subscription.next_billing_and_cancel"))
