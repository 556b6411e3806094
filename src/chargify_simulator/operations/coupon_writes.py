"""Coupons: update, usage, subcodes, currency prices."""

from typing import cast

from chargify_simulator.fields import Fields, JsonObject
from chargify_simulator.http import Answer, Request, answer
from chargify_simulator.records import Coupon
from chargify_simulator.refusals import errors, not_found
from chargify_simulator.routing import Route
from chargify_simulator.site import Site
from chargify_simulator.views import coupon_view

from .coupons import CODE, amount_in_cents, end_of_day, get_coupon, problems_with, restricted

TEXTS = ("name", "description", "compounding_strategy")
FLAGS = (
    "recurring",
    "stackable",
    "allow_negative_balance",
    "exclude_mid_period_allocations",
    "apply_on_cancel_at_end_of_period",
    "apply_on_subscription_expiration",
)
NUMBERS = ("duration_period_count", "conversion_limit")


def update(site: Site, request: Request) -> Answer:
    """Only what is sent changes."""
    coupon = get_coupon(site, request)
    sent = request.fields.nested("coupon") or Fields({})
    known: JsonObject = {
        "name": coupon.name,
        "code": coupon.code,
        "percentage": coupon.percentage,
        "amount_in_cents": coupon.amount_in_cents,
    }
    problems = problems_with(site, Fields({**known, **sent.values}), but=coupon)
    if problems:
        raise errors(*problems)
    _write(site, coupon, sent, request.fields.nested("restricted_products"))
    return answer({"coupon": coupon_view(site, coupon)})


def _write(site: Site, coupon: Coupon, sent: Fields, products: Fields | None) -> None:
    coupon.code = (sent.text("code") or coupon.code).upper()
    for name in TEXTS:
        if name in sent:
            setattr(coupon, name, sent.text(name) or "")
    for name in FLAGS:
        if sent.flag(name) is not None:
            setattr(coupon, name, sent.flag(name))
    for name in NUMBERS:
        if name in sent:
            setattr(coupon, name, sent.integer(name))
    _write_discount(coupon, sent)
    if products is not None:
        coupon.restricted_product_ids = restricted(site, products)
    if coupon.restricted_product_ids:
        coupon.allow_negative_balance = False  # forced once there are restrictions (live tests)
    site.touch(coupon)


def _write_discount(coupon: Coupon, sent: Fields) -> None:
    if "percentage" in sent:
        coupon.percentage = sent.text("percentage")
    if "amount_in_cents" in sent or "amount" in sent:
        coupon.amount_in_cents = amount_in_cents(sent)
    if "end_date" in sent:
        coupon.end_date = end_of_day(sent.instant("end_date"))


def usage(site: Site, request: Request) -> Answer:
    """One row per product of the family: signups that carry the coupon, and what they brought."""
    coupon = get_coupon(site, request)
    rows: list[JsonObject] = []
    for product in site.products.values():
        if product.family_id != coupon.family_id:
            continue
        bearers = [
            each
            for each in site.changed_subscriptions()
            if each.product_id == product.id
            and any(applied.coupon_id == coupon.id for applied in each.coupons)
        ]
        uses = sum(a.use_count for s in bearers for a in s.coupons if a.coupon_id == coupon.id)
        saved = uses * _saving(coupon, site.price_points[product.default_price_point_id])
        earned = sum(each.total_revenue_in_cents for each in bearers)
        rows.append(
            {
                "id": product.id,
                "name": product.name,
                "signups": len(bearers),
                "savings": saved // 100,
                "savings_in_cents": saved,
                "revenue": earned // 100,
                "revenue_in_cents": earned,
            }
        )
    return answer(rows)


def _saving(coupon: Coupon, price: object) -> int:
    """Of one bill at the default price."""
    full = int(getattr(price, "price_in_cents", 0))
    if coupon.percentage is None:
        return min(coupon.amount_in_cents or 0, full)
    return round(full * float(coupon.percentage) / 100)


def _sorted_codes(site: Site, request: Request) -> tuple[list[str], list[str], list[str]]:
    """Good, taken and malformed ones; blanks and repeats are dropped in silence."""
    found = request.fields.values.get("codes")
    raw = [str(each) for each in cast("list[object]", found)] if isinstance(found, list) else []
    good: list[str] = []
    taken: list[str] = []
    bad: list[str] = []
    for code in dict.fromkeys(each.strip().upper() for each in raw):
        if not code:
            continue
        is_good = CODE.fullmatch(code) is not None
        where = bad if not is_good else taken if site.find_coupon(code) else good
        where.append(code)
    return good, taken, bad


def add_subcodes(site: Site, request: Request) -> Answer:
    coupon = get_coupon(site, request)
    good, taken, bad = _sorted_codes(site, request)
    coupon.subcodes += good
    site.touch(coupon)
    return _told(good, taken, bad)


def replace_subcodes(site: Site, request: Request) -> Answer:
    """All of them; discounts that were already given stay."""
    coupon = get_coupon(site, request)
    before, coupon.subcodes = coupon.subcodes, []
    good, taken, bad = _sorted_codes(site, request)
    coupon.subcodes = good
    if before != good:
        site.touch(coupon)
    return _told(good, taken, bad)


def _told(good: list[str], taken: list[str], bad: list[str]) -> Answer:
    return answer({"created_codes": good, "duplicate_codes": taken, "invalid_codes": bad})


def delete_subcode(site: Site, request: Request) -> Answer:
    coupon, code = get_coupon(site, request), request.names["subcode"].upper()
    if code not in coupon.subcodes:
        raise not_found()
    coupon.subcodes.remove(code)
    site.touch(coupon)
    return Answer(200)


def currency_prices(site: Site, request: Request) -> Answer:
    """The simulated site has one currency, so no further price can be set."""
    coupon = get_coupon(site, request)
    if coupon.percentage is not None:
        raise errors(site.say("coupon.prices_on_percentage"))
    found = request.fields.values.get("currency_prices")
    if isinstance(found, list) and found:
        raise errors(site.say("currency.unknown"))
    return answer({"currency_prices": []})


ONE = "/product_families/{family}/coupons/{coupon}"
ROUTES = [
    Route("PUT", f"{ONE}.json", update),
    Route("GET", f"{ONE}/usage.json", usage),
    Route("POST", "/coupons/{coupon}/codes.json", add_subcodes),
    Route("PUT", "/coupons/{coupon}/codes.json", replace_subcodes),
    Route("DELETE", "/coupons/{coupon}/codes/{subcode}.json", delete_subcode),
    Route("PUT", "/coupons/{coupon}/currency_prices.json", currency_prices),
]
