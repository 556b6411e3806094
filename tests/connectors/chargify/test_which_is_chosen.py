"""Which of several subscriptions is meant: by the mirror's records alone, and by a whole click."""

from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from connectors.chargify.prices import price, usd
from connectors.chargify.site import NOTHING
from connectors.chargify.test_obstacle import NOW, a_record, obstacle
from standfast.connectors.chargify.changing import path_of
from standfast.connectors.chargify.choosing import choose, in_states, newest
from standfast.contract.actions import RefusalReason, Refused, Succeeded
from standfast.contract.testing import RecordingDesk
from standfast.contract.transport import Transport

R = RefusalReason
ANY = (in_states("active"),)


@dataclass
class Overheard:
    """A transport that remembers the paths it was asked for."""

    inner: Transport
    paths: list[str] = field(default_factory=list)

    def send(self, call):
        self.paths.append(call.path)
        return self.inner.send(call)


def records(count: int):
    """Numbered from 1, the oldest first."""
    return [
        a_record(external_id=str(one), created_at=NOW + timedelta(days=one))
        for one in range(1, count + 1)
    ]


def listed(count: int) -> str:
    return ", ".join(f"{one} (Basic, active)" for one in range(1, count + 1))


def chosen(own, *, plan=None, which="refuse", tiers=ANY, named=None):
    return choose(own, plan=plan, which=which, tiers=tiers, named=named)


@pytest.mark.parametrize(
    ("count", "told"),
    [
        (2, listed(2)),
        (10, listed(10)),
        (11, f"{listed(10)} and 1 more"),
        (13, f"{listed(10)} and 3 more"),
    ],
)
def test_ten_are_listed_and_the_others_counted(count, told):
    text = f"Several subscriptions match: {told}. Choose a plan, or 'take the newest'."

    assert chosen(records(count)) == Refused(R.SEVERAL_SUBSCRIPTIONS, text)


@pytest.mark.parametrize(
    ("count", "told"),
    [
        (2, f"Not all that match were known at the click: {listed(2)}. Sync, then offer again."),
        (10, f"Not all that match were known at the click: {listed(10)}. Sync, then offer again."),
        (
            11,
            (
                f"One click is done to at most 10, and these match: {listed(10)} and 1 more. "
                "Choose a plan."
            ),
        ),
    ],
)
def test_all_of_several_were_to_be_known_with_the_click(count, told):
    refused = Refused(R.SEVERAL_SUBSCRIPTIONS, told)

    assert chosen(records(count), which="all") == refused
    assert chosen(records(count), which="all", plan="10", named="1") == refused


def test_all_of_one_is_that_one():
    [only] = records(1)

    assert chosen([only], which="all") == only


def test_the_newest_is_the_one_that_was_created_last_whatever_its_place():
    first, second, third = records(3)

    assert chosen([third, first, second], which="newest") == third


def test_of_those_of_one_instant_the_greater_id_is_newer_and_numbers_count_as_such():
    nine, ten, eleven = (a_record(external_id=one) for one in ("9", "10", "11"))

    assert newest([ten, nine]) == ten
    assert newest([eleven, ten]) == eleven


def test_the_named_one_goes_before_others_of_its_plan():
    first, second = records(2)

    assert chosen([first, second], plan="10", named="1", which="newest") == first
    assert chosen([first, second], named="2") == second


def test_a_name_that_does_not_match_chooses_nothing():
    first, second = records(2)

    assert chosen([first, second], plan="10", named="3", which="newest") == second
    assert isinstance(chosen([first], named="3"), Refused)


def test_an_earlier_tier_goes_first_and_a_later_one_is_no_rival():
    held = a_record(external_id="1", state="on_hold")
    live = a_record(external_id="2")
    tiers = (in_states("active", "trialing"), in_states("on_hold"))

    assert chosen([held, live], tiers=tiers) == live
    assert chosen([held], tiers=tiers) == held


def test_none_says_what_they_have():
    ended = a_record(state="canceled")

    text = "The customer has no subscription this can be done to. They have: 1 (Basic, canceled)."
    assert chosen([ended]) == Refused(R.NO_SUBSCRIPTION, text)
    text = "The customer has no subscription to plan 20. They have none at all."
    assert chosen([], plan="20") == Refused(R.NO_SUBSCRIPTION, text)


TAKES_COUPON = ["active", "trialing", "assessing", "past_due", "soft_failure"]
TAKES_NONE = ["unpaid", "on_hold", "canceled", "expired", "trial_ended", "suspended", "mystery"]


@pytest.mark.parametrize("state", [*TAKES_COUPON, *TAKES_NONE])
def test_a_coupon_goes_on_what_is_charged(state):
    found = obstacle("add_coupon", [a_record(state=state)], coupon="SAVE")

    assert found is (None if state in TAKES_COUPON else R.NO_SUBSCRIPTION)


def test_an_id_that_is_no_number_stays_one_part_of_the_path():
    strange = a_record(external_id="a/b c")

    assert path_of(strange) == "/subscriptions/a%2Fb%20c.json"
    assert path_of(strange, "hold") == "/subscriptions/a%2Fb%20c/hold.json"


# By a whole click


def test_an_empty_name_names_nothing(site):
    customer = site.a_customer()
    one = site.subscribe(customer)

    outcome = site.perform("pause", customer, subscription="", plan="", which="")

    assert outcome == Succeeded(one, charged=NOTHING)


def test_what_an_earlier_try_wrote_to_is_meant_whatever_its_plan_is_now(site):
    customer = site.a_customer()
    one, _ = site.subscribe(customer), site.subscribe(customer, "business")

    outcome = site.perform("pause", customer, target=one, plan=site.plan("business"))

    assert outcome == Succeeded(one, charged=NOTHING)


def test_what_an_earlier_try_wrote_to_goes_before_what_the_prompt_names(site):
    customer = site.a_customer()
    one, other = site.subscribe(customer), site.subscribe(customer)

    outcome = site.perform("pause", customer, target=one, subscription=other)

    assert outcome == Succeeded(one, charged=NOTHING)


def test_of_several_that_are_so_the_newest_is_told(site):
    customer = site.a_customer()
    _, newer = site.subscribe(customer), site.subscribe(customer)

    outcome = site.perform("resume", customer)

    assert outcome == Succeeded(newer, already=True, message="It is not on hold.")


def test_of_several_that_are_so_the_named_one_is_told(site):
    site.holds = "subscription_id"
    customer = site.a_customer()
    older, _ = site.subscribe(customer), site.subscribe(customer)

    by_trait = site.perform("resume", older)
    by_prompt = site.perform("resume", older, subscription=older)

    assert by_trait == by_prompt == Succeeded(older, already=True, message="It is not on hold.")


def test_one_of_another_plan_that_is_so_is_not_told_for_the_one_that_is_not(site):
    customer = site.a_customer()
    ended, _ = site.subscribe(customer), site.subscribe(customer, "business")
    site.owner("DELETE", f"/subscriptions/{ended}.json")
    plan = site.plan("basic")

    outcome = site.perform("resume", customer, plan=plan)

    assert isinstance(outcome, Refused)
    assert outcome.reason is R.NO_SUBSCRIPTION
    assert outcome.message.startswith(f"The customer has no subscription to plan {plan}.")


def test_without_a_price_any_canceled_one_of_the_plan_is_brought_back(site):
    customer = site.a_customer()
    ended = site.subscribe(customer)
    site.owner("DELETE", f"/subscriptions/{ended}.json")
    wish = {"plan": site.plan("basic"), "when_ended": "reactivate"}

    outcome = site.perform("create_subscription", customer, price_point="", **wish)

    assert outcome == Succeeded(ended, charged=NOTHING)


def test_the_one_at_the_price_that_was_chosen_is_brought_back(site):
    customer = site.a_customer()
    ended = site.subscribe(customer)
    site.owner("DELETE", f"/subscriptions/{ended}.json")
    price = str(site.subscription(ended)["price_point_id"])
    wish = {"plan": site.plan("basic"), "when_ended": "reactivate"}

    outcome = site.perform("create_subscription", customer, price_point=price, **wish)

    assert outcome == Succeeded(ended, charged=NOTHING)


def test_a_second_one_of_the_plan_has_its_price_where_it_is_allowed(site):
    customer = site.a_customer()
    site.subscribe(customer)
    wish = {"plan": site.plan("basic"), "when_live": "allow"}

    told = price(site, site.order("create_subscription", customer, **wish))

    assert told.due_now == usd(900)


def test_a_plan_is_one_part_of_the_path_whatever_it_holds(site):
    customer = site.a_customer(card=None)
    order = site.order("create_subscription", customer, plan="../customers/1")
    transport = Overheard(site.transport())

    outcome = site.connector.perform(order, RecordingDesk(transport), site.settings)

    assert isinstance(outcome, Refused)
    assert outcome.reason is R.PLAN_UNKNOWN
    assert transport.paths[-1] == "/products/..%2Fcustomers%2F1.json"
