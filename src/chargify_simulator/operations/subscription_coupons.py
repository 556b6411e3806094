"""Coupons on a subscription. The error bodies here have no "errors" around them."""

from chargify_simulator.http import Answer, Request, answer, text_answer
from chargify_simulator.records import Coupon, Subscription
from chargify_simulator.refusals import unwrapped
from chargify_simulator.routing import Route
from chargify_simulator.rules.coupons import apply, problem_with
from chargify_simulator.site import Site
from chargify_simulator.states import Op, ask

from .subscriptions import full_view, get_subscription


def add_coupons(site: Site, request: Request) -> Answer:
    """`{"codes": [...]}` in the body adds; `?code=` in the query replaces (deprecated)."""
    subscription = get_subscription(site, request)
    ask(site, Op.ADD_COUPON, subscription)
    codes, code = request.fields.texts("codes"), request.query.text("code")
    invalid = site.say("coupon.invalid")
    if codes and code:
        raise unwrapped(subscription=[invalid, site.say("coupon.code_or_codes")])
    if code:
        _replace(site, subscription, code)
    elif codes:
        _add(site, subscription, codes)
    else:
        raise unwrapped(subscription=[site.say("coupon.required")])
    site.touch(subscription)
    return answer({"subscription": full_view(site, subscription)})


def _replace(site: Site, subscription: Subscription, code: str) -> None:
    coupon = _coupon_for(site, subscription, code)
    problem = problem_with(site, coupon, code)
    if coupon is None or problem:
        text = site.say("coupon.one", code=code, reason=problem)
        raise unwrapped(coupon_code=[text], subscription=[site.say("coupon.invalid")])
    subscription.coupons = [apply(coupon, code)]


def _add(site: Site, subscription: Subscription, codes: list[str]) -> None:
    """All or nothing."""
    found = _valid_coupons(site, subscription, codes)
    invalid = site.say("coupon.invalid")
    there = [site.coupons[each.coupon_id] for each in subscription.coupons]
    if any(not coupon.stackable for coupon in there):
        text = site.say("coupon.has_non_stackable")
        raise unwrapped(codes=[text], subscription=[invalid])
    loners = [coupon for coupon, _ in found if not coupon.stackable]
    if loners and len(there) + len(found) > 1:
        reason = site.say("coupon.not_stackable")
        texts = [site.say("coupon.many", code=each.code, reason=reason) for each in loners]
        raise unwrapped(coupon_codes=texts, subscription=[invalid])
    subscription.coupons += [apply(coupon, code) for coupon, code in found]


def _valid_coupons(
    site: Site, subscription: Subscription, codes: list[str]
) -> list[tuple[Coupon, str]]:
    found: list[tuple[Coupon, str]] = []
    texts: list[str] = []
    for code in codes:
        coupon = _coupon_for(site, subscription, code)
        problem = problem_with(site, coupon, code) or _repeat(site, subscription, coupon)
        if coupon is None or problem:
            texts.append(site.say("coupon.many", code=code, reason=problem))
        else:
            found.append((coupon, code))
    if texts:
        raise unwrapped(coupon_codes=texts, subscription=[site.say("coupon.invalid")])
    return found


def _repeat(site: Site, subscription: Subscription, coupon: Coupon | None) -> str | None:
    if coupon is None or not coupon.stackable or site.settings.stackable_repeats:
        return None
    is_there = any(each.coupon_id == coupon.id for each in subscription.coupons)
    return site.say("coupon.repeated") if is_there else None


def _coupon_for(site: Site, subscription: Subscription, code: str) -> Coupon | None:
    """Only coupons of the product's family can be added."""
    family_id = site.products[subscription.product_id].family_id
    return site.find_coupon(code, family_id=family_id)


def remove_coupon(site: Site, request: Request) -> Answer:
    """The parameter is `coupon_code`; without it a single coupon goes."""
    subscription = get_subscription(site, request)
    ask(site, Op.REMOVE_COUPON, subscription)
    code = request.query.text("coupon_code")
    if not subscription.coupons:
        raise unwrapped(subscription=[site.say("coupon.none")])
    if code is None and len(subscription.coupons) == 1:
        code = subscription.coupons[0].code
    found = next((e for e in subscription.coupons if e.code == (code or "").upper()), None)
    if found is None:
        raise unwrapped(subscription=[site.say("coupon.invalid")])
    subscription.coupons.remove(found)
    site.touch(subscription)
    return text_answer(site.say("coupon.removed"))


ROUTES = [
    Route("POST", "/subscriptions/{subscription}/add_coupon.json", add_coupons),
    Route("DELETE", "/subscriptions/{subscription}/remove_coupon.json", remove_coupon),
]
