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


R = RefusalReason
PENDING = {"ends_at_period_end": True}
HELD = {"state": "on_hold", "standing": Standing.PAUSED}
SOON = {"current_period_ends_at": NOW + timedelta(hours=23)}
OVER = {"current_period_ends_at": NOW}
TRIAL = {"state": "trialing", "trial_ends_at": NOW + timedelta(days=3)}
DUE = {"state": "past_due", "standing": Standing.PROBLEM}


@pytest.mark.parametrize(
    ("action", "wanted", "records", "reason"),
    [
        ("undo_cancellation", {}, [a_record(**PENDING)], None),
        ("undo_cancellation", {}, [a_record()], R.ALREADY_DONE),
        ("undo_cancellation", {}, [canceled(**PENDING)], R.NO_SUBSCRIPTION),
        ("undo_cancellation", {"plan": "99"}, None, R.PLAN_UNKNOWN),
        ("reactivate", {}, [canceled()], None),
        ("reactivate", {}, [a_record()], R.ALREADY_DONE),
        ("reactivate", {}, [canceled(), a_record(external_id="2")], R.ALREADY_SUBSCRIBED),
        (
            "reactivate",
            {},
            [canceled(), a_record(external_id="2", plan_external_id="20")],
            None,
        ),
        ("reactivate", {"period": "resume"}, [canceled(**OVER)], R.WRONG_STATE),
        ("reactivate", {"period": "resume"}, [canceled()], R.WRONG_STATE),
        ("reactivate", {"period": "resume"}, [canceled(**SOON)], None),
        ("reactivate", {"period": "never"}, [canceled()], R.PARAMETER_INVALID),
        ("reactivate", {}, [], R.NO_SUBSCRIPTION),
        ("switch_plan", {"plan": "20"}, [a_record()], None),
        ("switch_plan", {"plan": "20"}, None, None),
        ("switch_plan", {"plan": "99"}, None, R.PLAN_UNKNOWN),
        ("switch_plan", {"plan": "20", "price_point": "11"}, None, R.PARAMETER_INVALID),
        ("switch_plan", {"plan": "20", "from_plan": "99"}, None, R.PLAN_UNKNOWN),
        ("switch_plan", {"plan": "20", "from_plan": "20"}, [a_record()], R.NO_SUBSCRIPTION),
        ("switch_plan", {"plan": "10"}, [a_record()], R.ALREADY_DONE),
        ("switch_plan", {"plan": "10", "price_point": "11"}, [a_record()], R.ALREADY_DONE),
        (
            "switch_plan",
            {"plan": "10", "price_point": "11"},
            [a_record(price_point_external_id="12")],
            None,
        ),
        (
            "switch_plan",
            {"plan": "20"},
            [a_record(next_plan_external_id="20")],
            R.ALREADY_DONE,
        ),
        (
            "switch_plan",
            {"plan": "20", "when": "now"},
            [a_record(next_plan_external_id="20")],
            None,
        ),
        ("switch_plan", {"plan": "10"}, [a_record(next_plan_external_id="20")], None),
        ("switch_plan", {"plan": "20"}, [a_record(**PENDING)], R.WRONG_STATE),
        ("switch_plan", {"plan": "20", "when": "now"}, [a_record(**PENDING)], None),
        ("switch_plan", {"plan": "20", "when": "now"}, [a_record(**DUE)], R.WRONG_STATE),
        ("switch_plan", {"plan": "20"}, [a_record(**DUE)], None),
        ("switch_plan", {"plan": "20"}, [canceled()], R.NO_SUBSCRIPTION),
        ("undo_plan_change", {}, [a_record(next_plan_external_id="20")], None),
        ("undo_plan_change", {}, [a_record()], R.ALREADY_DONE),
        ("undo_plan_change", {}, [canceled(next_plan_external_id="20")], R.NO_SUBSCRIPTION),
        ("pause", {}, [a_record()], None),
        ("pause", {"for_days": "30"}, [a_record(**SOON)], R.WRONG_STATE),
        (
            "pause",
            {},
            [a_record(current_period_ends_at=NOW + timedelta(hours=24))],
            None,
        ),
        ("pause", {"until": "2026-03-03"}, [a_record()], R.PARAMETER_INVALID),
        ("pause", {"until": "2026-03-04"}, [a_record()], None),
        ("pause", {"until": "2027-03-03"}, [a_record()], None),
        ("pause", {"until": "2027-03-04"}, [a_record()], R.PARAMETER_INVALID),
        ("pause", {"for_days": "1"}, None, R.PARAMETER_INVALID),
        ("pause", {"until": "2026-03-03"}, None, R.PARAMETER_INVALID),
        ("pause", {"until": "2026-03-04"}, None, None),
        ("pause", {"until": "2026-02-30"}, None, R.PARAMETER_INVALID),
        ("extend_trial", {"to": "some day"}, None, R.PARAMETER_INVALID),
        ("extend_trial", {"to": "2026-03-01T00:00:00Z"}, None, None),
        ("extend_trial", {}, [a_record(state="trialing")], R.PARAMETER_INVALID),
        ("pause", {"for_days": "2"}, [a_record()], None),
        ("pause", {"for_days": "365"}, [a_record()], None),
        ("pause", {}, [a_record(**HELD)], R.WRONG_STATE),
        (
            "pause",
            {"for_days": "10"},
            [a_record(**HELD, resumes_at=NOW + timedelta(days=10, hours=23))],
            R.ALREADY_DONE,
        ),
        (
            "pause",
            {"for_days": "10"},
            [a_record(**HELD, resumes_at=NOW + timedelta(days=11))],
            R.WRONG_STATE,
        ),
        ("resume", {}, [a_record(**HELD)], None),
        ("resume", {}, [a_record()], R.ALREADY_DONE),
        ("resume", {}, [canceled()], R.NO_SUBSCRIPTION),
        ("extend_trial", {"days": "365"}, [a_record(**TRIAL)], None),
        ("extend_trial", {"to": "2026-03-05T12:00:00Z"}, [a_record(**TRIAL)], R.ALREADY_DONE),
        ("extend_trial", {"to": "2026-03-05T23:59:00Z"}, [a_record(**TRIAL)], R.ALREADY_DONE),
        ("extend_trial", {"to": "2026-03-06T00:00:00Z"}, [a_record(**TRIAL)], None),
        ("extend_trial", {"to": "2026-03-02T12:00:00Z"}, [a_record(**TRIAL)], R.PARAMETER_INVALID),
        ("extend_trial", {"to": "2026-03-02T12:00:01Z"}, [a_record(**TRIAL)], None),
        ("extend_trial", {}, [a_record()], R.NO_SUBSCRIPTION),
        ("remove_coupon", {}, [a_record(coupon_codes=("SAVE",))], None),
        ("remove_coupon", {}, [a_record(coupon_codes=("SAVE", "STACK"))], R.PARAMETER_INVALID),
        ("remove_coupon", {}, [a_record()], R.ALREADY_DONE),
        ("remove_coupon", {"coupon": "save"}, [a_record(coupon_codes=("SAVE",))], None),
        ("remove_coupon", {"coupon": "X"}, [a_record(coupon_codes=("SAVE",))], R.ALREADY_DONE),
        ("remove_coupon", {}, [canceled(coupon_codes=("SAVE",))], R.NO_SUBSCRIPTION),
        ("retry_payment", {}, [a_record(**DUE)], None),
        ("retry_payment", {}, [a_record(**DUE, has_payment_method=False)], None),
        ("retry_payment", {}, [a_record()], R.ALREADY_DONE),
        ("retry_payment", {}, [canceled()], R.NO_SUBSCRIPTION),
        ("pause", {"subscription": "1"}, [a_record(), a_record(external_id="2")], None),
        ("pause", {"subscription": "3"}, [a_record()], R.NO_SUBSCRIPTION),
        ("pause", {"subscription": "1"}, [canceled()], R.WRONG_STATE),
        ("pause", {}, [a_record(), a_record(external_id="2")], R.SEVERAL_SUBSCRIPTIONS),
        ("pause", {"which": "newest"}, [a_record(), a_record(external_id="2")], None),
        (
            "create_subscription",
            {"plan": "10", "when_ended": "reactivate", "coupon": "SAVE"},
            None,
            R.PARAMETER_INVALID,
        ),
        ("create_subscription", {"plan": "10", "when_ended": "reactivate"}, [canceled()], None),
    ],
)
def test_every_other_offer_is_judged_from_the_mirror(action, wanted, records, reason):
    assert obstacle(action, records, **wanted) == reason


def test_what_a_visitor_may_yet_answer_is_no_obstacle():
    """An answer that is still open is not there at all."""
    assert obstacle("pause", [a_record()]) is None
    assert obstacle("extend_trial", [a_record(**TRIAL)]) is None


def test_an_action_nobody_knows_is_an_obstacle():
    assert obstacle("dance") is RefusalReason.PARAMETER_INVALID
