"""What of an order is refused before anything is read, with the sentence an operator reads."""

import pytest

from standfast.connectors.transport import ReadOnlyTransport
from standfast.contract.actions import RefusalReason, Refused

FLY = Refused(RefusalReason.PARAMETER_INVALID, "Chargify has no action 'fly'.")


def asked(site, action, parameters):
    return site.connector.obstacle(action, parameters, billing=None, items={}, now=site.now())


PROBLEMS = [
    ("create_subscription", {}, "Plan is missing. Set it in the prompt."),
    ("create_subscription", {"plan": ""}, "Plan is missing. Set it in the prompt."),
    ("switch_plan", {}, "To plan is missing. Set it in the prompt."),
    ("add_coupon", {}, "Coupon is missing. Set it in the prompt."),
    (
        "cancel_subscription",
        {"message": "x" * 2001},
        "Message is longer than 2000 characters.",
    ),
    ("pause", {"subscription": "1" * 20}, "Subscription is longer than 19 characters."),
    ("pause", {"plan": "1" * 256}, "Plan is longer than 255 characters."),
    (
        "cancel_subscription",
        {"when": "soon"},
        "When cannot be 'soon'. Choose one of the list.",
    ),
    ("pause", {"which": "first"}, "If several match cannot be 'first'. Choose one of the list."),
    ("pause", {"for_days": "x"}, "For how many days must be a whole number, not 'x'."),
    ("pause", {"for_days": "1.5"}, "For how many days must be a whole number, not '1.5'."),
    ("pause", {"for_days": "+3"}, "For how many days must be a whole number, not '+3'."),
    (
        "pause",
        {"for_days": "1234567890"},
        "For how many days must be a whole number, not '1234567890'.",
    ),
    ("pause", {"for_days": "1"}, "For how many days must be 2 to 365, not 1."),
    ("pause", {"for_days": "366"}, "For how many days must be 2 to 365, not 366."),
    ("pause", {"for_days": "-3"}, "For how many days must be 2 to 365, not -3."),
    ("extend_trial", {"days": "0"}, "How many days more must be 1 to 365, not 0."),
    ("extend_trial", {"days": "366"}, "How many days more must be 1 to 365, not 366."),
    (
        "pause",
        {"until": "2027-02-30"},
        "Until: '2027-02-30' is no day. Write it as 2027-01-31.",
    ),
    ("pause", {"until": "20270131"}, "Until: '20270131' is no day. Write it as 2027-01-31."),
    (
        "create_subscription",
        {"plan": "10", "when_ended": "reactivate", "coupon": "SAVE20"},
        "Reactivating takes no coupon. Take it out, and attach 'Add coupon code' after this.",
    ),
    (
        "extend_trial",
        {"to": "some day"},
        "'some day' is no instant. Write it as 2027-01-31T12:00:00Z.",
    ),
]


@pytest.mark.parametrize(("action", "wanted", "text"), PROBLEMS)
def test_what_is_wrong_with_a_parameter_is_told_to_the_author(site, action, wanted, text):
    assert asked(site, action, wanted) == Refused(RefusalReason.PARAMETER_INVALID, text)


@pytest.mark.parametrize(("action", "wanted", "text"), PROBLEMS[:-2])
def test_a_click_and_a_price_are_refused_with_the_same_sentence_unsent(site, action, wanted, text):
    order = site.order(action, "1", **wanted)
    site.simulator.clear_requests()

    outcome, desk = site.perform_order(order)
    price = site.connector.preview(order, ReadOnlyTransport(site.transport()), site.settings)

    assert outcome == price == Refused(RefusalReason.PARAMETER_INVALID, text)
    assert desk.written == desk.billings == []
    assert site.vendor_calls() == []


@pytest.mark.parametrize(
    ("action", "wanted"),
    [
        ("cancel_subscription", {"message": "x" * 2000}),
        ("pause", {"subscription": "1" * 19}),
        ("pause", {"for_days": "2"}),
        ("pause", {"for_days": "365"}),
        ("extend_trial", {"days": "1"}),
        ("extend_trial", {"days": "365"}),
        ("pause", {}),
        ("cancel_subscription", {"when": "", "reason_code": ""}),
    ],
    ids=lambda one: one if isinstance(one, str) else "-".join(one) or "nothing",
)
def test_what_is_just_within_the_bounds_is_fine(site, action, wanted):
    assert asked(site, action, wanted) is None


def test_an_action_nobody_knows_is_refused_wherever_it_is_asked_for(site):
    order = site.order("fly", "1")
    transport = ReadOnlyTransport(site.transport())

    assert site.perform_order(order)[0] == FLY
    assert site.connector.preview(order, transport, site.settings) == FLY
    assert asked(site, "fly", {}) == FLY


NUMBER = "is a number such as 15236915."
BILLING_IDS = [
    ("customer_id", "", "billing_id_missing", "The visitor has no chargify_id. Send it first."),
    ("customer_id", "ada", "billing_id_malformed", f"A Chargify customer id {NUMBER}"),
    ("subscription_id", "ada", "billing_id_malformed", f"A Chargify subscription id {NUMBER}"),
    (
        "customer_reference",
        "x" * 256,
        "billing_id_malformed",
        "A customer reference is 1 to 255 signs.",
    ),
    *(
        (
            holds,
            "424242",
            "billing_id_unmatched",
            f"Chargify knows no such {name}. Check what chargify_id holds for this visitor.",
        )
        for holds, name in (
            ("customer_id", "customer id"),
            ("subscription_id", "subscription id"),
            ("customer_reference", "customer reference"),
        )
    ),
]


@pytest.mark.parametrize(("holds", "billing_id", "reason", "text"), BILLING_IDS)
def test_an_id_that_leads_to_nobody_is_told_with_what_it_should_hold(
    site, holds, billing_id, reason, text
):
    site.holds = holds
    order = site.order("pause", billing_id)

    outcome, desk = site.perform_order(order)
    price = site.connector.preview(order, ReadOnlyTransport(site.transport()), site.settings)

    assert outcome == price == Refused(RefusalReason(reason), text)
    assert desk.written == desk.billings == []
