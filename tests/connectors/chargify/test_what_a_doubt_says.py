"""What is told where it is not known what became of a write, and what a look-up finds then."""

from dataclasses import dataclass, field, replace

import pytest

from connectors.chargify.stages import OTHER_WISHES, OTHER_WRITES, WISHES, WRITES, named, set_up
from standfast.contract.actions import (
    Absent,
    Obscure,
    RetryCause,
    RetryLater,
    Succeeded,
    Unknown,
)
from standfast.contract.errors import AnswerLost, CallFailed, NotSent, SitePaused, Throttled
from standfast.contract.testing import RecordingDesk

REACTIVATE = "reactivate"
ON_EXISTING = sorted(set(WISHES) - {"create_subscription"})
ANSWERS_IN_A_SENTENCE = {"undo_cancellation", "remove_coupon"}


@dataclass
class BrokenLine(RecordingDesk):
    """A desk whose write fails in this way; what it reads is there."""

    failure: CallFailed = field(default_factory=CallFailed)

    def write(self, call, *, target, memo=None):
        raise self.failure


@dataclass(frozen=True)
class DeadLine:
    """A transport on which every call fails in this way."""

    failure: CallFailed

    def send(self, call):
        raise self.failure


def an_order(site, action, wish=None, **more):
    wish = WISHES[action] if wish is None else wish
    return site.order(action, set_up(site, action, wish), **named(site, wish), **more)


def only_subscription(site, order):
    [one] = site.subscriptions(order.billing_id)
    return one


def told(site, order, failure):
    desk = BrokenLine(site.transport(), failure=failure)
    return site.connector.perform(order, desk, site.settings)


@pytest.mark.parametrize("action", sorted(WISHES))
def test_a_lost_answer_is_a_doubt_in_the_words_of_what_happened(site, action):
    outcome = told(site, an_order(site, action), AnswerLost("The answer did not end in time."))

    assert outcome == Unknown("The answer did not end in time.")


NOT_SENT = [
    (NotSent("Nobody is there."), RetryLater(RetryCause.NOT_REACHED, "Nobody is there.")),
    (
        SitePaused("The site is paused.", after_seconds=7),
        RetryLater(RetryCause.THROTTLED, "The site is paused.", 7),
    ),
]


@pytest.mark.parametrize(("failure", "outcome"), NOT_SENT, ids=["not_reached", "paused"])
def test_what_was_never_sent_is_tried_later_and_says_why(site, failure, outcome):
    assert told(site, an_order(site, "pause"), failure) == outcome


READ_FAILED = [
    *NOT_SENT,
    (AnswerLost("Half an answer."), RetryLater(RetryCause.NOT_REACHED, "Half an answer.")),
    (
        Throttled("Slow down.", after_seconds=3),
        RetryLater(RetryCause.THROTTLED, "Slow down.", 3),
    ),
]


@pytest.mark.parametrize(("failure", "outcome"), READ_FAILED, ids=lambda one: type(one).__name__)
def test_a_reading_that_fails_before_the_write_is_tried_later_and_says_why(site, failure, outcome):
    order = site.order("pause", "1")

    found = site.connector.perform(order, RecordingDesk(DeadLine(failure)), site.settings)

    assert found == outcome


@pytest.mark.parametrize("action", sorted(WISHES))
def test_a_look_up_without_an_answer_finds_nothing_out_and_says_why(site, action):
    order = site.order(action, "1", target="2", **named(site, WISHES[action]))

    found = site.connector.look_up(order, DeadLine(AnswerLost("Half an answer.")), site.settings)

    assert found == Obscure("Half an answer.")


@pytest.mark.parametrize("action", sorted(set(WISHES) - ANSWERS_IN_A_SENTENCE))
def test_a_yes_with_a_body_nobody_can_read_is_a_doubt(site, action):
    order = an_order(site, action)
    site.will_say(*WRITES[action], 200, {"subscription": {"name": "?"}})

    outcome, desk = site.perform_order(order)

    assert outcome == Unknown("Chargify answered 200 with a body we cannot read.")
    assert desk.billings == []


WAYS = [
    *((action, WISHES[action], WRITES[action]) for action in ON_EXISTING),
    *((action, OTHER_WISHES[action], write) for action, write in OTHER_WRITES.items()),
]


@pytest.mark.parametrize(("action", "wish", "write"), WAYS)
def test_a_yes_after_which_it_is_as_it_was_is_a_doubt(site, action, wish, write):
    order = an_order(site, action, wish)
    subscription = only_subscription(site, order)["id"]
    same = site.owner("GET", f"/subscriptions/{subscription}.json")
    site.will_say(*write, 200, same)

    outcome, desk = site.perform_order(order)

    assert outcome == Unknown("Chargify answered yes, but the subscription is as it was.")
    assert desk.billings == []


@pytest.mark.parametrize("action", ON_EXISTING)
def test_a_look_up_before_anything_was_sent_says_so(site, action):
    order = site.order(action, "1", **named(site, WISHES[action]))

    assert site.look_up(order) == Absent("Nothing was sent yet.")


@pytest.mark.parametrize("action", sorted(WISHES))
def test_a_subscription_that_is_gone_is_named(site, action):
    order = site.order(action, "1", target="424242", **named(site, WISHES[action]))

    assert site.look_up(order) == Obscure("Chargify no longer has subscription 424242.")


@pytest.mark.parametrize("action", sorted(set(ON_EXISTING) - {"extend_trial"}))
def test_what_is_not_so_is_absent_and_the_subscription_named(site, action):
    order = an_order(site, action)
    one = only_subscription(site, order)

    found = site.look_up(replace(order, target=str(one["id"])))

    name = f"{one['id']} (Basic, {one['state']})"
    assert found == Absent(f"Subscription {name} is not as this run wants it.")


def test_a_trial_whose_former_end_nobody_noted_says_that_nothing_is_proven(site):
    order = an_order(site, "extend_trial")
    one = only_subscription(site, order)

    found = site.look_up(replace(order, target=str(one["id"])))

    name = f"{one['id']} (Pro, trialing)"
    assert found == Obscure(f"Subscription {name} is neither as it was nor as it should be.")


# (cents taken since the write, whether that leaves a doubt)
TAKEN = [(0, False), (1, True), (2, True), (-1, False)]


@pytest.mark.parametrize(("cents", "is_doubt"), TAKEN)
@pytest.mark.parametrize("action", ["reactivate", "resume", "retry_payment", "switch_plan"])
def test_a_cent_that_was_taken_since_is_no_proof_of_absence(site, action, cents, is_doubt):
    order = an_order(site, action)
    one = only_subscription(site, order)
    memo = {"revenue": str(one["total_revenue_in_cents"] - cents)}

    found = site.look_up(replace(order, target=str(one["id"]), memo=memo))

    name = f"Subscription {one['id']} (Basic, {one['state']})"
    doubt = Obscure(f"{name} is not as wanted, yet money was taken.")
    assert found == (doubt if is_doubt else Absent(f"{name} is not as this run wants it."))


def test_money_that_a_change_cannot_take_says_nothing_of_it(site):
    order = an_order(site, "pause")
    one = only_subscription(site, order)
    memo = {"revenue": str(one["total_revenue_in_cents"] - 1)}

    found = site.look_up(replace(order, target=str(one["id"]), memo=memo))

    assert isinstance(found, Absent)


def test_a_new_subscription_that_is_not_there_is_absent(site):
    order = an_order(site, "create_subscription")

    found = site.look_up(order)

    assert found == Absent("Chargify has no subscription with this run's reference.")


def test_one_that_chargify_failed_to_create_is_absent(site):
    order = an_order(site, "create_subscription")
    outcome, _ = site.perform_order(order)
    assert isinstance(outcome, Succeeded)
    site.simulator.force(int(outcome.reference), state="failed_to_create")

    found = site.look_up(order)

    assert found == Absent("Chargify has no subscription with this run's reference.")


def test_an_action_that_is_gone_cannot_be_looked_up(site):
    assert site.look_up(site.order("fly", "1")) == Obscure("There is no action 'fly'.")
