from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from standfast.connectors.chargify.connector import ChargifyConnector
from standfast.contract.actions import RefusalReason
from standfast.contract.catalogue import (
    Coupon,
    CouponDuration,
    Interval,
    IntervalUnit,
    ItemKind,
    Money,
    Plan,
    PricePoint,
    ReasonCode,
)
from standfast.contract.records import BillingRecord, CustomerBilling, CustomerRecord, Standing

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
MONTHLY = Interval(1, IntervalUnit.MONTH)
USD5 = Money(500, "USD")
BASIC = Plan("10", "Basic", "basic", "f1", "Boards", USD5, MONTHLY, True)
CLASS = Plan("20", "Class", "class", "f2", "Education", USD5, MONTHLY, True)
YEARLY = PricePoint("11", "10", "Yearly", None, USD5, MONTHLY, is_default=False)
SAVE = Coupon("SAVE", "SAVE", "Save", "f1", CouponDuration.ONCE, False, percent_off=Decimal(10))
STACK = replace(SAVE, external_id="STACK", code="STACK", stackable=True)
CHURN = ReasonCode("CH1", "CH1", "Too dear")


def a_record(**changes) -> BillingRecord:
    record = BillingRecord(
        external_id="1",
        customer_external_id="5",
        state="active",
        standing=Standing.LIVE,
        plan_external_id="10",
        plan_name="Basic",
        price_point_external_id="11",
        price=USD5,
        coupon_codes=(),
        has_payment_method=True,
        ends_at_period_end=False,
        created_at=NOW,
        updated_at=NOW,
    )
    return replace(record, **changes)


def canceled(**changes) -> BillingRecord:
    return a_record(state="canceled", standing=Standing.ENDED, **changes)


def obstacle(action, records=(), *, items=(BASIC, CLASS, YEARLY, SAVE, STACK, CHURN), **wanted):
    kinds = {
        Plan: ItemKind.PLAN,
        PricePoint: ItemKind.PRICE_POINT,
        Coupon: ItemKind.COUPON,
        ReasonCode: ItemKind.REASON_CODE,
    }
    billing = None
    if records is not None:
        billing = CustomerBilling(CustomerRecord("5", None, NOW, NOW), tuple(records))
    found = ChargifyConnector().obstacle(
        action,
        wanted,
        billing=billing,
        items={(kinds[type(one)], one.external_id): one for one in items},
        now=NOW,
    )
    return None if found is None else found.reason


ARCHIVED = {"archived_at": NOW}
CREATE = [
    ({"plan": "10"}, (), None),
    ({"plan": "10"}, None, None),
    ({"plan": "99"}, None, RefusalReason.PLAN_UNKNOWN),
    ({}, None, RefusalReason.PARAMETER_INVALID),
    ({"plan": "10", "when_live": "x"}, None, RefusalReason.PARAMETER_INVALID),
    ({"plan": "10", "price_point": "11"}, (), None),
    ({"plan": "10", "price_point": "99"}, (), RefusalReason.PLAN_UNKNOWN),
    ({"plan": "20", "price_point": "11"}, (), RefusalReason.PARAMETER_INVALID),
    ({"plan": "10", "coupon": "save"}, (), None),
    ({"plan": "10", "coupon": "NOPE"}, None, RefusalReason.COUPON_UNKNOWN),
    ({"plan": "20", "coupon": "SAVE"}, None, RefusalReason.COUPON_NOT_FOR_PLAN),
    ({"plan": "10"}, (a_record(),), RefusalReason.ALREADY_SUBSCRIBED),
    ({"plan": "10", "when_live": "allow"}, (a_record(),), None),
    ({"plan": "20"}, (a_record(),), None),
    ({"plan": "10"}, (canceled(),), None),
    ({"plan": "10"}, (a_record(has_payment_method=False, plan_external_id="20"),), None),
]


@pytest.mark.parametrize(("wanted", "records", "reason"), CREATE)
def test_an_offer_to_subscribe_is_judged_from_the_mirror(wanted, records, reason):
    assert obstacle("create_subscription", records, **wanted) is reason


CANCEL = [
    ({}, None, None),
    ({}, (), RefusalReason.NO_SUBSCRIPTION),
    ({}, (a_record(),), None),
    ({"when": "now"}, (a_record(),), None),
    ({"plan": "10"}, (a_record(),), None),
    ({"plan": "99"}, (a_record(),), RefusalReason.PLAN_UNKNOWN),
    ({"plan": "20"}, (a_record(),), RefusalReason.NO_SUBSCRIPTION),
    ({}, (canceled(),), RefusalReason.ALREADY_DONE),
    ({"when": "now"}, (canceled(),), RefusalReason.ALREADY_DONE),
    ({}, (a_record(ends_at_period_end=True),), RefusalReason.ALREADY_DONE),
    ({"when": "now"}, (a_record(ends_at_period_end=True),), None),
    ({}, (a_record(), a_record(external_id="2")), RefusalReason.SEVERAL_SUBSCRIPTIONS),
    ({"which": "newest"}, (a_record(), a_record(external_id="2")), None),
    ({}, (canceled(), a_record(external_id="2")), None),
    (
        {},
        (a_record(state="past_due", standing=Standing.PROBLEM),),
        RefusalReason.WRONG_STATE,
    ),
    ({"when": "now"}, (a_record(state="past_due", standing=Standing.PROBLEM),), None),
    ({"reason_code": "CH1"}, (a_record(),), None),
    ({"reason_code": "CH9"}, (a_record(),), RefusalReason.PARAMETER_INVALID),
]


@pytest.mark.parametrize(("wanted", "records", "reason"), CANCEL)
def test_an_offer_to_cancel_is_judged_from_the_mirror(wanted, records, reason):
    assert obstacle("cancel_subscription", records, **wanted) is reason


def test_a_subscription_to_an_archived_plan_can_still_be_canceled():
    archived = replace(BASIC, archived_at=NOW)

    assert obstacle("cancel_subscription", (a_record(),), items=(archived,), plan="10") is None


with_save = a_record(coupon_codes=("SAVE",))
with_other = a_record(coupon_codes=("OTHER",))
COUPON = [
    ({"coupon": "SAVE"}, None, None),
    ({"coupon": "SAVE"}, (a_record(),), None),
    ({}, None, RefusalReason.PARAMETER_INVALID),
    ({"coupon": "NOPE"}, None, RefusalReason.COUPON_UNKNOWN),
    ({"coupon": "SAVE", "plan": "20"}, None, RefusalReason.COUPON_NOT_FOR_PLAN),
    ({"coupon": "SAVE"}, (), RefusalReason.NO_SUBSCRIPTION),
    ({"coupon": "SAVE"}, (canceled(),), RefusalReason.NO_SUBSCRIPTION),
    (
        {"coupon": "SAVE"},
        (a_record(plan_external_id="20"),),
        RefusalReason.COUPON_NOT_FOR_PLAN,
    ),
    ({"coupon": "save"}, (with_save,), RefusalReason.ALREADY_DONE),
    ({"coupon": "SAVE"}, (with_other,), RefusalReason.COUPON_PRESENT),
    (
        {"coupon": "SAVE", "when_present": "stack"},
        (with_other,),
        RefusalReason.COUPON_NOT_STACKABLE,
    ),
    ({"coupon": "STACK", "when_present": "stack"}, (with_other,), None),
    ({"coupon": "SAVE", "when_present": "replace"}, (with_other,), None),
    (
        {"coupon": "SAVE"},
        (a_record(), a_record(external_id="2")),
        RefusalReason.SEVERAL_SUBSCRIPTIONS,
    ),
]


@pytest.mark.parametrize(("wanted", "records", "reason"), COUPON)
def test_an_offer_of_a_coupon_is_judged_from_the_mirror(wanted, records, reason):
    assert obstacle("add_coupon", records, **wanted) is reason


@pytest.mark.parametrize(
    ("changed", "wanted", "reason"),
    [
        (replace(BASIC, archived_at=NOW), {}, RefusalReason.PLAN_RETIRED),
        (
            replace(YEARLY, archived_at=NOW),
            {"price_point": "11"},
            RefusalReason.PLAN_RETIRED,
        ),
        (replace(SAVE, archived_at=NOW), {"coupon": "SAVE"}, RefusalReason.COUPON_RETIRED),
        (
            replace(SAVE, ends_at=NOW - timedelta(seconds=1)),
            {"coupon": "SAVE"},
            RefusalReason.COUPON_EXPIRED,
        ),
        (replace(SAVE, ends_at=NOW), {"coupon": "SAVE"}, None),
        (
            replace(SAVE, plan_external_ids=("99",)),
            {"coupon": "SAVE"},
            RefusalReason.COUPON_NOT_FOR_PLAN,
        ),
        (replace(SAVE, plan_external_ids=("10",)), {"coupon": "SAVE"}, None),
    ],
)
def test_what_is_archived_expired_or_barred_cannot_be_offered(changed, wanted, reason):
    others = [one for one in (BASIC, YEARLY, SAVE) if one.external_id != changed.external_id]

    found = obstacle("create_subscription", (), items=(*others, changed), plan="10", **wanted)

    assert found is reason


def test_an_action_nobody_knows_is_an_obstacle():
    assert obstacle("dance") is RefusalReason.PARAMETER_INVALID
