"""Which coupons may go on a subscription, and how they stack."""

from chargify_simulator.records import AppliedCoupon, Coupon
from chargify_simulator.site import Site

from .money import is_used_up


def problem_with(site: Site, coupon: Coupon | None, code: str) -> str | None:
    """Why a code cannot be added now; None when it can."""
    if coupon is None:
        return site.say("coupon.not_found")
    if coupon.archived_at:
        return site.say("coupon.archived")
    if coupon.end_date and coupon.end_date < site.now:
        return site.say("coupon.expired")
    if coupon.conversion_limit is not None:
        uses = coupon.conversions.get(code.upper(), 0)
        if uses >= coupon.conversion_limit:
            return site.say("coupon.limit_reached")
    return None


def apply(coupon: Coupon, code: str) -> AppliedCoupon:
    """A fresh application of the coupon, counted as a conversion of the code as typed."""
    typed = code.upper()
    coupon.conversions[typed] = coupon.conversions.get(typed, 0) + 1
    allowed = coupon.duration_period_count if coupon.recurring else 1
    return AppliedCoupon(coupon_id=coupon.id, code=typed, uses_allowed=allowed)


def live_coupons(site: Site, applied: list[AppliedCoupon]) -> list[Coupon]:
    return [site.coupons[each.coupon_id] for each in applied if not is_used_up(each)]


def count_use(applied: list[AppliedCoupon]) -> None:
    """One bill has used every coupon that was not used up."""
    for each in applied:
        if not is_used_up(each):
            each.use_count += 1
