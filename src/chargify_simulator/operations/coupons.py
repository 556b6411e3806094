"""Coupons: list, read, find, validate, create, archive; subcodes are written elsewhere."""

import re
from datetime import UTC, datetime, time
from decimal import Decimal, InvalidOperation

from chargify_simulator.eastern import EASTERN
from chargify_simulator.fields import Fields, whole_number
from chargify_simulator.http import Answer, Request, answer
from chargify_simulator.maxima import check_maximum
from chargify_simulator.records import Coupon
from chargify_simulator.refusals import bare_errors, errors, not_found
from chargify_simulator.routing import Route
from chargify_simulator.rules.coupons import problem_with
from chargify_simulator.site import Site
from chargify_simulator.views import coupon_view

from .catalogue import get_family
from .paging import filtered_by_date, page_of, whole_numbers

CODE = re.compile(r"[A-Z0-9%@+._-]{1,255}")
PER_PAGE = 30


def list_of_site(site: Site, request: Request) -> Answer:
    return _page(site, request, list(site.coupons.values()))


def list_of_family(site: Site, request: Request) -> Answer:
    family = get_family(site, request)
    return _page(site, request, [c for c in site.coupons.values() if c.family_id == family.id])


def _page(site: Site, request: Request, coupons: list[Coupon]) -> Answer:
    query = request.query
    ids = whole_numbers(query.text("filter[ids]"))
    codes = {each.upper() for each in (query.text("filter[codes]") or "").split(",") if each}
    archived_too = query.flag("filter[include_archived]")
    rows = [
        each
        for each in filtered_by_date(coupons, query, "filter[{}]")
        if (not ids or each.id in ids)
        and (not codes or each.code in codes)
        and (archived_too or not each.archived_at)
    ]
    shown = page_of(rows, request, per_page=PER_PAGE)
    return answer([{"coupon": coupon_view(site, each)} for each in shown])


def get_coupon(site: Site, request: Request) -> Coupon:
    coupon = site.coupons.get(whole_number(request.names["coupon"]) or 0)
    if coupon is None:
        raise not_found()
    if "family" in request.names and coupon.family_id != get_family(site, request).id:
        raise not_found()
    return coupon


def read(site: Site, request: Request) -> Answer:
    return answer({"coupon": coupon_view(site, get_coupon(site, request))})


def _looked_up(site: Site, request: Request) -> Coupon | None:
    """By code, in the first family unless one is named."""
    ref = request.names.get("family") or request.query.text("product_family_id")
    family = site.find_family(ref) if ref else site.default_family()
    code = request.query.text("code")
    return site.find_coupon(code, family_id=family.id) if code and family else None


def find(site: Site, request: Request) -> Answer:
    coupon = _looked_up(site, request)
    if coupon is None or coupon.archived_at:
        raise not_found()
    return answer({"coupon": coupon_view(site, coupon)})


def validate(site: Site, request: Request) -> Answer:
    coupon = _looked_up(site, request)
    problem = problem_with(site, coupon, request.query.text("code") or "")
    if coupon is None or problem:
        raise bare_errors(problem or site.say("coupon.not_found"), status=404)
    product_id = request.query.integer("product_id")
    allowed = coupon.restricted_product_ids
    if product_id is not None and allowed and product_id not in allowed:
        raise bare_errors(site.say("coupon.not_for_product"), status=404)
    return answer({"coupon": coupon_view(site, coupon)})


def create(site: Site, request: Request) -> Answer:
    family = get_family(site, request)
    check_maximum(site, "coupons")
    sent = request.fields.nested("coupon") or Fields({})
    problems = problems_with(site, sent)
    if problems:
        raise errors(*problems)
    products = restricted(site, request.fields.nested("restricted_products"))
    coupon = Coupon(
        id=site.new_id("coupons"),
        family_id=family.id,
        name=sent.text("name") or "",
        code=(sent.text("code") or "").upper(),
        description=sent.text("description") or "",
        amount_in_cents=amount_in_cents(sent),
        percentage=sent.text("percentage"),
        recurring=bool(sent.flag("recurring")),
        duration_period_count=sent.integer("duration_period_count"),
        conversion_limit=sent.integer("conversion_limit"),
        stackable=bool(sent.flag("stackable")),
        compounding_strategy=sent.text("compounding_strategy") or "compound",
        allow_negative_balance=bool(sent.flag("allow_negative_balance")) and not products,
        exclude_mid_period_allocations=bool(sent.flag("exclude_mid_period_allocations")),
        apply_on_cancel_at_end_of_period=bool(sent.flag("apply_on_cancel_at_end_of_period")),
        apply_on_subscription_expiration=bool(sent.flag("apply_on_subscription_expiration")),
        restricted_product_ids=products,
        start_date=site.now,
        end_date=end_of_day(sent.instant("end_date")),
        created_at=site.now,
        updated_at=site.now,
    )
    site.add(site.coupons, coupon)
    return answer({"coupon": coupon_view(site, coupon)}, 201, location=f"/coupons/{coupon.id}")


def problems_with(site: Site, sent: Fields, *, but: Coupon | None = None) -> list[str]:
    """In the vendor's order; `but` is the coupon that may keep its code."""
    code = (sent.text("code") or "").upper()
    end_date = end_of_day(sent.instant("end_date"))
    keys = [] if sent.text("name") else ["name.blank"]
    if not code:
        keys.append("coupon.code_blank")
    keys += _discount_problems(sent)
    if code and not CODE.fullmatch(code):
        keys.append("coupon.code_malformed")
    owner = site.find_coupon(code) if code else None
    if owner is not None and owner is not but:
        keys.append("coupon.code_taken")
    if end_date and end_date < site.now:
        keys.append("coupon.end_date_past")
    if not keys and not sent.text("percentage") and amount_in_cents(sent) is None:
        keys.append("coupon.no_discount")
    return [site.say(key) for key in keys]


def _discount_problems(sent: Fields) -> list[str]:
    percentage, amount = _decimal(sent.text("percentage")), amount_in_cents(sent)
    if percentage is not None and amount is not None:
        return ["coupon.both_discounts", "coupon.prices_on_percentage"]
    if percentage is not None and percentage > 100:
        return ["coupon.percentage_too_big"]
    if percentage is not None and percentage <= 0:
        return ["coupon.percentage_too_small"]
    return ["coupon.amount_too_small"] if amount is not None and amount < 0 else []


def amount_in_cents(sent: Fields) -> int | None:
    """In cents, from either way to say it."""
    cents = sent.integer("amount_in_cents")
    whole = _decimal(sent.text("amount"))
    return int(whole * 100) if cents is None and whole is not None else cents


def _decimal(text: str | None) -> Decimal | None:
    try:
        return Decimal(text) if text else None
    except InvalidOperation:
        return None


def end_of_day(instant: datetime | None) -> datetime | None:
    """A coupon can be added until 23:59:59 of its last day, in the site's zone."""
    if instant is None:
        return None
    day = instant.astimezone(EASTERN).date()
    return datetime.combine(day, time(23, 59, 59), EASTERN).astimezone(UTC)


def restricted(site: Site, sent: Fields | None) -> list[int]:
    """Unknown ids are ignored, false entries dropped."""
    chosen = [whole_number(each) for each in sent.values if sent.flag(each)] if sent else []
    return [each for each in chosen if each in site.products]


def archive(site: Site, request: Request) -> Answer:
    coupon = get_coupon(site, request)
    coupon.archived_at = coupon.archived_at or site.now
    site.touch(coupon)
    return answer({"coupon": coupon_view(site, coupon)})


def list_subcodes(site: Site, request: Request) -> Answer:
    return answer({"codes": page_of(get_coupon(site, request).subcodes, request)})


ROUTES = [
    Route("GET", "/coupons.json", list_of_site),
    Route("GET", "/coupons/find.json", find),
    Route("GET", "/coupons/validate.json", validate, is_open=True),
    Route("GET", "/coupons/{coupon}.json", read),
    Route("GET", "/coupons/{coupon}/codes.json", list_subcodes),
    Route("GET", "/product_families/{family}/coupons.json", list_of_family),
    Route("POST", "/product_families/{family}/coupons.json", create),
    Route("GET", "/product_families/{family}/coupons/validate.json", validate, is_open=True),
    Route("GET", "/product_families/{family}/coupons/{coupon}.json", read),
    Route("DELETE", "/product_families/{family}/coupons/{coupon}.json", archive),
]
