"""Whatever is sold and whenever it is changed: what was shown is what is charged."""

from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.chargify.prices import START, charged, pass_to, price
from connectors.chargify.site import ChargifySite
from standfast.contract.catalogue import Money

COUPONS = [None, "WELCOME10", "SAVE20", "FIVEOFF", "TENNER", "ODD", "FREEMONTH"]
PLANS = ["basic", "pro", "business", "pro-yearly", "free"]

unhurried = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@unhurried
@given(plan=st.sampled_from(PLANS), coupon=st.sampled_from(COUPONS))
def test_any_signup_is_charged_as_shown(site: ChargifySite, plan: str, coupon: str | None) -> None:
    pass_to(site, START)
    more = {"coupon": coupon} if coupon else {}
    order = site.order("create_subscription", site.a_customer(), plan=site.plan(plan), **more)

    shown = price(site, order)

    assert charged(site, order) == shown.due_now


@unhurried
@given(
    plans=st.permutations(PLANS[:4]).map(lambda order: order[:2]),
    coupon=st.sampled_from(COUPONS),
    at=st.integers(min_value=60, max_value=13 * 86_400),
    late=st.integers(min_value=0, max_value=75 * 60),
    dates=st.sampled_from(["keep", "restart"]),
)
def test_any_change_of_plan_costs_no_more_and_no_less_than_shown(
    site: ChargifySite, plans: list[str], coupon: str | None, at: int, late: int, dates: str
) -> None:
    pass_to(site, START)
    before, to = plans
    customer = site.a_customer()
    site.subscribe(customer, before, coupons=(coupon,) if coupon else ())
    pass_to(site, START + timedelta(seconds=at))
    order = site.order("switch_plan", customer, plan=site.plan(to), when="now", billing_date=dates)

    shown = price(site, order)
    pass_to(site, START + timedelta(seconds=at + late))
    paid = charged(site, order)

    assert paid is not None
    least = shown.least_due_now or shown.due_now
    assert least.amount_in_cents <= paid.amount_in_cents <= shown.due_now.amount_in_cents


def test_a_cent_that_rounding_adds_meanwhile_is_within_what_was_shown(site: ChargifySite) -> None:
    """29.00 and 9.00 in part are each rounded: 19.94 now and at last, 19.95 in between."""
    pass_to(site, START)
    customer = site.a_customer()
    site.subscribe(customer, "basic")
    pass_to(site, START + timedelta(seconds=7_039))
    order = site.order("switch_plan", customer, plan=site.plan("pro"), when="now")

    shown = price(site, order)
    pass_to(site, START + timedelta(seconds=7_039 + 407))

    assert charged(site, order) == shown.due_now == Money(1_995, "USD")
