import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from standfast.connectors.chargify.connector import ChargifyConnector
from standfast.connectors.chargify.models import instant
from standfast.connectors.chargify.records import standing_of
from standfast.contract.catalogue import (
    Coupon,
    CouponDuration,
    Money,
    Plan,
    PricePoint,
    ReasonCode,
)
from standfast.contract.errors import AnswerLost, CallRefused, CredentialsRefused, Throttled
from standfast.contract.records import Standing
from standfast.contract.transport import Answer


def of(items, kind):
    return [one for one in items if isinstance(one, kind)]


def answers(*bodies):
    """A transport that gives these bodies, one after another, then empty pages."""
    left = [json.dumps(body).encode() for body in bodies]

    class Canned:
        def send(self, call):
            return Answer(200, left.pop(0) if left else b"[]")

    return Canned()


def test_the_whole_catalogue_is_read_with_what_is_archived(site):
    items = list(site.connector.catalogue(site.transport()))

    plans, coupons = of(items, Plan), of(items, Coupon)
    assert len(plans) == 12
    assert [one.name for one in plans if one.archived_at] == ["Legacy 2019"]
    assert len(coupons) == 20
    assert [one.code for one in coupons if one.archived_at] == ["RETIRED"]
    assert {one.code for one in of(items, ReasonCode)} == {"CH1", "CH2", "CH3", "CH4"}
    assert len(of(items, PricePoint)) == 12 + 6
    assert site.bad_rows == []


def test_a_plan_says_what_it_costs_and_wants(site):
    plans = {one.handle: one for one in of(site.connector.catalogue(site.transport()), Plan)}

    basic = plans["basic"]
    assert basic.price == Money(900, "USD")
    assert basic.family_name == "Northwind Boards"
    assert basic.requires_payment_method
    assert not plans["free"].requires_payment_method


def test_a_price_point_says_what_its_trial_and_its_setup_cost(site):
    points = of(site.connector.catalogue(site.transport()), PricePoint)

    business = next(one for one in points if one.setup_fee == Money(25_000, "USD"))
    trial = next(one for one in points if one.trial_interval and one.is_default)
    assert business.is_default
    assert trial.trial_price == Money(0, "USD")


def test_coupons_say_how_much_they_take_off_and_for_how_long(site):
    coupons = {one.code: one for one in of(site.connector.catalogue(site.transport()), Coupon)}

    assert coupons["ODD"].percent_off == Decimal("33.3333")
    assert coupons["FIVEOFF"].amount_off == Money(500, "USD")
    assert coupons["FIVEOFF"].duration is CouponDuration.ONCE
    assert coupons["SAVE20"].duration is CouponDuration.FOREVER
    assert coupons["STAY30"].duration is CouponDuration.PERIODS
    assert coupons["STAY30"].duration_periods == 3
    assert coupons["STACK5"].stackable
    assert coupons["PROONLY"].plan_external_ids == (site.plan("pro"),)
    assert coupons["FIRST100"].conversion_limit == 1
    ends_at = coupons["SUMMER2019"].ends_at
    assert ends_at is not None
    assert ends_at < datetime.now(UTC)


def test_every_subscription_and_customer_is_read_once(site):
    truth = site.simulator.state()

    records = list(site.connector.records(site.transport()))
    customers = list(site.connector.customers(site.transport()))

    assert len(truth) > 200  # so that there is more than one page
    assert sorted(one.external_id for one in records) == sorted(str(one["id"]) for one in truth)
    assert len({one.external_id for one in customers}) == len(customers)
    assert {one.customer_external_id for one in records} <= {one.external_id for one in customers}
    assert site.bad_rows == []


def test_a_record_says_what_the_site_says(site):
    customer = site.a_customer(reference="user-7")
    subscription = site.subscribe(customer, "basic", coupons=("WELCOME10",))

    billing = site.connector.read_customer(site.transport(), site.settings, customer)

    assert billing is not None
    [record] = billing.records
    assert billing.customer.reference == record.customer_reference == "user-7"
    assert record.external_id == subscription
    assert (record.plan_external_id, record.plan_name) == (site.plan("basic"), "Basic")
    assert record.price == Money(900, "USD")
    assert record.coupon_codes == ("WELCOME10",)
    assert record.standing is Standing.LIVE
    assert record.has_payment_method
    assert record.created_at.tzinfo is UTC


def test_a_record_says_what_waits_for_its_renewal_and_when_a_pause_ends(site):
    customer = site.a_customer()
    changing, held = site.subscribe(customer), site.subscribe(customer)
    plan, price = site.plan("basic"), site.price_point("basic-yearly")
    later = {"product_id": int(plan), "product_price_point_id": int(price)}
    sent = {"subscription": {**later, "product_change_delayed": True}}
    site.owner("PUT", f"/subscriptions/{changing}.json", sent)
    end = site.now().replace(microsecond=0) + timedelta(days=5)
    hold = {"hold": {"automatically_resume_at": end.isoformat()}}
    site.owner("POST", f"/subscriptions/{held}/hold.json", hold)

    read = site.connector.read_customer(site.transport(), site.settings, customer)

    first, second = sorted(read.records, key=lambda one: int(one.external_id))
    assert (first.next_plan_external_id, first.next_price_point_external_id) == (plan, price)
    assert (second.next_plan_external_id, second.next_price_point_external_id) == (None, None)
    assert (first.resumes_at, second.resumes_at) == (None, end)


def test_a_customer_without_subscriptions_is_read_too(site):
    customer = site.a_customer()

    billing = site.connector.read_customer(site.transport(), site.settings, customer)

    assert billing is not None
    assert billing.customer.external_id == customer
    assert billing.records == ()


@pytest.mark.parametrize("billing_id", ["999999999", "nobody", ""])
def test_a_customer_nobody_knows_is_none(site, billing_id):
    assert site.connector.read_customer(site.transport(), site.settings, billing_id) is None


def test_a_page_that_does_not_come_in_time_is_asked_for_in_halves(site):
    class Slow:
        def __init__(self, inner):
            self.inner, self.sizes = inner, []

        def send(self, call):
            size = int(dict(call.query)["per_page"])
            self.sizes.append(size)
            if size > 50:
                raise AnswerLost
            return self.inner.send(call)

    slow = Slow(site.transport())

    records = list(site.connector.records(slow))

    assert len({one.external_id for one in records}) == len(site.simulator.state())
    assert slow.sizes[:3] == [200, 100, 50]


def test_a_list_that_never_comes_gives_up(site):
    class Dead:
        def send(self, call):
            raise AnswerLost

    with pytest.raises(AnswerLost):
        list(site.connector.records(Dead()))


def test_one_bad_row_never_fails_its_page():
    good = {"id": 1, "state": "active", "customer": {"id": 5}}
    rows = [{"subscription": good}, {"subscription": {"id": None}}, {"x": 1}, "no row", None]
    told = []

    records = list(ChargifyConnector(lambda *bad: told.append(bad)).records(answers(rows)))

    assert [one.external_id for one in records] == ["1"]
    assert len(told) == 4


def test_rows_that_come_twice_count_once():
    row = {"subscription": {"id": 1, "state": "active", "customer": {"id": 5}}}

    records = list(ChargifyConnector().records(answers([row, row])))

    assert len(records) == 1


def test_rows_of_a_stranger_future_are_read():
    row = {
        "id": "sub_9",
        "state": "hibernating",
        "product": None,
        "customer": {"id": "cus_1", "brand_new": {"deep": [1]}},
        "created_at": "2020-03-24T20:17:24-07:00",
        "updated_at": "2020-07-01T00:00:00+02:00",
        "coupon_code": "old",
        "cancel_at_end_of_period": None,
        "product_price_in_cents": 5,
    }

    [record] = ChargifyConnector().records(answers([{"subscription": row}]))

    assert record.external_id == "sub_9"
    assert record.standing is Standing.UNKNOWN
    assert record.plan_external_id is None
    assert record.price is None
    assert record.coupon_codes == ("OLD",)
    assert record.created_at == datetime(2020, 3, 25, 3, 17, 24, tzinfo=UTC)
    assert record.updated_at == datetime(2020, 6, 30, 22, 0, tzinfo=UTC)


def test_another_customers_subscription_is_not_taken_over():
    own = {"id": 1, "state": "active", "customer": {"id": 5}}
    foreign = {"id": 2, "state": "active", "customer": {"id": 6}}
    transport = answers([{"subscription": own}, {"subscription": foreign}])

    billing = ChargifyConnector().read_customer(transport, {}, "5")

    assert billing is not None
    assert [one.external_id for one in billing.records] == ["1"]


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ({"percentage": None, "amount_in_cents": None}, "neither"),
        ({"percentage": "a lot"}, "percentage"),
    ],
)
def test_a_coupon_that_takes_nothing_off_is_skipped(row, problem):
    coupon = {"id": 1, "code": "x", "product_family_id": 1, **row}
    site_body = {"site": {"id": 1, "currency": "USD"}}
    told = []
    connector = ChargifyConnector(lambda *bad: told.append(bad))

    items = list(connector.catalogue(answers(site_body, [], [], [{"coupon": coupon}])))

    assert items == []
    assert problem in told[0][1]


def test_a_code_in_use_goes_before_an_archived_one_of_the_same_name():
    rows = [
        {"coupon": {"id": 1, "code": "X", "product_family_id": 1, "percentage": 10}},
        {
            "coupon": {
                "id": 2,
                "code": "x",
                "product_family_id": 1,
                "percentage": 20,
                "archived_at": "2020-01-01T00:00:00Z",
            }
        },
    ]
    site_body = {"site": {"id": 1, "currency": "USD"}}

    [coupon] = ChargifyConnector().catalogue(answers(site_body, [], [], rows))

    assert isinstance(coupon, Coupon)
    assert coupon.percent_off == Decimal(10)


@pytest.mark.parametrize(
    ("status", "error"),
    [(401, CredentialsRefused), (429, Throttled), (404, CallRefused), (500, CallRefused)],
)
def test_a_list_that_is_refused_says_why(site, status, error):
    site.simulator.fault("GET", "/subscriptions.json", "status", status=status, times=None)

    with pytest.raises(error):
        list(site.connector.records(site.transport()))


@pytest.mark.parametrize(
    ("state", "standing"),
    [
        ("active", Standing.LIVE),
        ("trialing", Standing.LIVE),
        ("past_due", Standing.PROBLEM),
        ("canceled", Standing.ENDED),
        ("on_hold", Standing.PAUSED),
        ("awaiting_signup", Standing.WAITING),
        ("never_heard_of", Standing.UNKNOWN),
    ],
)
def test_states_have_a_standing(state, standing):
    assert standing_of(state) is standing


@pytest.mark.parametrize("text", [None, "", "soon", "2020-13-01"])
def test_an_instant_nobody_can_read_is_none(text):
    assert instant(text) is None
