from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import (
    a_billing,
    a_billing_id,
    a_condition,
    a_prompt,
    a_step,
    a_visitor,
    an_action,
)
from standfast.contract.actions import RefusalReason, Refused
from standfast.domain.decision import Verdict, accept_refusal, decide, explain
from standfast.domain.gates import Case, Gate, Situation
from standfast.domain.interaction import Kind
from standfast.domain.offer import Biller
from standfast.domain.prompt import (
    Button,
    ManualTrigger,
    PageTrigger,
    PromptStatus,
    Schedule,
    Triggers,
)
from standfast.domain.request import DecideRequest, read_page
from standfast.domain.rules.facts import Facts
from standfast.domain.snapshot import LivePrompt, LiveSegment, Snapshot, compile_snapshot
from standfast.domain.visitor import PromptHistory

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
PUBLISHED = (
    "visitor holdout status schedule place segments re_show caps limits offer experiment priority"
)


def some_snapshot(*prompts: Any, status=PromptStatus.LIVE, holdout=0.0, segments=()):
    live = tuple(
        one if isinstance(one, LivePrompt) else LivePrompt(f"p{place}", 1, status, one)
        for place, one in enumerate(prompts, start=1)
    )
    return compile_snapshot(Snapshot("app_1", holdout, live, tuple(segments)))


def some_biller(refused: Refused | None = None, **changes: Any) -> Biller:
    values: dict[str, Any] = {
        "connector": "scripted",
        "title": "Scripted biller",
        "trait": "scripted_id",
        "trouble": None,
        "billing_id": a_billing_id(),
        "malformed": None,
        "billing": a_billing(),
        "obstacle": lambda action, parameters, *, billing: refused,
        "currency": "USD",
        "discount": lambda action, parameters, *, billing: None,
        **changes,
    }
    return Biller(**values)


def a_situation(*prompts: Any, snapshot=None, billers=(), page="/pricing", **changes: Any):
    visitor = changes.pop("visitor", a_visitor())
    request = DecideRequest(page=page, device=changes.pop("device", "desktop"))
    values: dict[str, Any] = {
        "snapshot": snapshot or some_snapshot(*prompts),
        "visitor": visitor,
        "facts": Facts(traits=visitor.traits),
        "request": request,
        "page": read_page(request.page),
        "billers": {one.connector: one for one in billers},
        "now": NOW,
        **changes,
    }
    return Situation(**values)


def shown(situation) -> list[str]:
    return [prompt.id for prompt in decide(situation).shown]


def verdict_of(situation, gate: Gate):
    return next(one for one in explain(situation)[0].gates if one.gate is gate)


def test_every_gate_is_told_in_the_published_order():
    explanation = explain(a_situation(a_prompt()))[0]

    assert [one.gate.value for one in explanation.gates] == PUBLISHED.split()
    assert all(one.verdict is Verdict.PASSED for one in explanation.gates)
    assert all(one.condition and one.actual for one in explanation.gates)


def test_what_cannot_be_set_yet_is_said_to_be_unset():
    situation = a_situation(a_prompt())

    told = {verdict_of(situation, gate).condition for gate in (Gate.CAPS, Gate.LIMITS)}

    assert told == {"none set"}


SUPPRESSED = a_visitor(is_suppressed=True)
GOLD = LiveSegment("gold", "Gold", a_condition())
GONE = Refused(RefusalReason.PLAN_RETIRED, "Gold was retired.")
ACCEPTED = a_visitor(history={"p1": PromptHistory(accepted_at=NOW - timedelta(days=90))})
CLOSED = [
    (Gate.VISITOR, {"visitor": SUPPRESSED}, {}, "suppressed"),
    (Gate.SCHEDULE, {}, {"schedule": Schedule(NOW + timedelta(hours=1))}, "now is 2026"),
    (Gate.PLACE, {"page": "/account"}, {"triggers": Triggers((PageTrigger("/p"),))}, "/account"),
    (Gate.PLACE, {"device": "mobile"}, {"devices": ("desktop",)}, "mobile"),
    (Gate.SEGMENTS, {}, {"included_segments": ("nobody",)}, "does not exist"),
    (Gate.RE_SHOW, {"visitor": ACCEPTED}, {}, "accepted"),
]


@pytest.mark.parametrize(("gate", "moment", "body", "actual"), CLOSED)
def test_a_closed_gate_hides_the_prompt_and_tells_what_it_found(gate, moment, body, actual):
    situation = a_situation(a_prompt(**body), **moment)

    explanation = explain(situation)[0]

    failed = [one for one in explanation.gates if one.verdict is Verdict.FAILED]
    assert shown(situation) == []
    assert [one.gate for one in failed] == [gate]
    assert actual in failed[0].actual


def test_a_prompt_in_review_is_shown_to_test_visitors_only():
    snapshot = some_snapshot(a_prompt(), status=PromptStatus.REVIEW)

    assert shown(a_situation(snapshot=snapshot)) == []
    assert shown(a_situation(snapshot=snapshot, visitor=a_visitor(is_test=True))) == ["p1"]


def test_an_included_segment_lets_in_and_an_excluded_one_keeps_out():
    snapshot = some_snapshot(
        a_prompt(included_segments=("gold", "other")),
        a_prompt(excluded_segments=("gold",)),
        segments=[GOLD],
    )

    assert shown(a_situation(snapshot=snapshot, visitor=a_visitor(traits={"plan": "gold"}))) == [
        "p1"
    ]
    assert shown(a_situation(snapshot=snapshot)) == ["p2"]


def test_a_failed_segment_is_told_with_its_condition_and_the_value_it_met():
    snapshot = some_snapshot(a_prompt(included_segments=("gold",)), segments=[GOLD])

    verdict = verdict_of(
        a_situation(snapshot=snapshot, visitor=a_visitor(traits={"plan": "tin"})), Gate.SEGMENTS
    )

    assert verdict.condition == 'in segment "Gold" (plan is "gold")'
    assert verdict.actual == 'plan is "gold": "tin"'


def test_a_prompt_that_the_page_opens_by_name_is_decided_on_every_page():
    triggers = Triggers((PageTrigger("/p"),), (ManualTrigger("cancel"),))
    situation = a_situation(a_prompt(triggers=triggers), page="/account")

    (prompt,) = decide(situation).shown

    assert not prompt.triggers_on(situation.page).auto
    assert prompt.triggers_on(read_page("/p")).auto


# --- gate 10 ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("biller", "reason"),
    [
        (None, RefusalReason.CONNECTION_INACTIVE),
        (some_biller(trouble="It is broken."), RefusalReason.CONNECTION_INACTIVE),
        (some_biller(billing_id=None), RefusalReason.BILLING_ID_MISSING),
        (some_biller(malformed="Digits only."), RefusalReason.BILLING_ID_MALFORMED),
        (some_biller(billing=None), RefusalReason.BILLING_ID_UNMATCHED),
        (some_biller(GONE), RefusalReason.PLAN_RETIRED),
    ],
)
def test_an_offer_that_cannot_be_kept_is_not_shown(biller, reason):
    situation = a_situation(a_prompt(an_action()), billers=[biller] if biller else [])

    assert shown(situation) == []
    assert verdict_of(situation, Gate.OFFER).actual.startswith(reason.value)


def test_an_offer_that_can_be_kept_is_shown():
    assert shown(a_situation(a_prompt(an_action()), billers=[some_biller()])) == ["p1"]


def test_only_the_accept_actions_must_be_possible_for_a_prompt_to_be_shown():
    prompt = a_prompt(steps=(a_step(decline=(an_action("cancel_subscription"),)),))

    assert shown(a_situation(prompt, billers=[some_biller(GONE)])) == ["p1"]


@pytest.mark.parametrize("button", ["accept", "decline"])
def test_an_unsigned_visitor_is_shown_no_prompt_whose_buttons_change_a_bill(button):
    prompt = a_prompt(steps=(a_step("offer", **{button: (an_action(),)}),))
    situation = a_situation(
        prompt, a_prompt(), visitor=a_visitor(user_id=None), billers=[some_biller()]
    )

    assert shown(situation) == ["p2"]


def test_an_answer_the_visitor_has_not_given_is_not_judged():
    judged = []

    def obstacle(action, parameters, *, billing):
        judged.append(parameters)

    prompt = a_prompt(an_action("cancel_subscription", when="now", message="{{ answer.why }}"))
    decide(a_situation(prompt, billers=[some_biller(obstacle=obstacle)]))

    assert judged == [{"when": "now"}]


# --- at the click -----------------------------------------------------------------------------


def refusal_of(situation, *, step="offer", button=Button.ACCEPT):
    case = Case(situation.snapshot.prompts[0], situation)
    refused = accept_refusal(case, step=step, button=button)
    return refused.reason if refused else None


def test_an_accept_that_may_be_done_is_not_refused():
    assert refusal_of(a_situation(a_prompt(an_action()), billers=[some_biller()])) is None


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"visitor": SUPPRESSED}, RefusalReason.OFFER_CHANGED),
        ({"visitor": a_visitor(user_id=None)}, RefusalReason.BILLING_ID_MISSING),
        ({"billers": []}, RefusalReason.CONNECTION_INACTIVE),
        ({"billers": [some_biller(GONE)]}, RefusalReason.PLAN_RETIRED),
    ],
)
def test_an_accept_is_refused_with_the_reason_of_the_moment(changes, reason):
    moment: dict[str, Any] = {"billers": [some_biller()], **changes}
    situation = a_situation(a_prompt(an_action()), **moment)

    assert refusal_of(situation) is reason


def test_a_button_that_was_never_shown_is_refused():
    situation = a_situation(a_prompt())

    assert refusal_of(situation, step="other") is RefusalReason.OFFER_CHANGED
    assert refusal_of(situation, button=Button.SECONDARY_ACCEPT) is RefusalReason.OFFER_CHANGED


def test_at_the_click_the_actions_of_the_clicked_button_count_also_of_decline():
    prompt = a_prompt(steps=(a_step(decline=(an_action("cancel_subscription"),)),))
    situation = a_situation(prompt, billers=[some_biller(GONE)])

    assert refusal_of(situation) is None
    assert refusal_of(situation, button=Button.DECLINE) is RefusalReason.PLAN_RETIRED


def test_schedule_and_page_do_not_matter_any_more_at_the_click():
    prompt = a_prompt(schedule=Schedule(ends_at=NOW), triggers=Triggers((PageTrigger("/p"),)))

    assert refusal_of(a_situation(prompt, page="")) is None


# --- holdout, order ---------------------------------------------------------------------------


def test_who_is_held_out_sees_nothing_but_is_told_what_they_would_have_seen():
    situation = a_situation(snapshot=some_snapshot(a_prompt(), holdout=100.0))

    choice = decide(situation)

    assert choice.shown == ()
    assert [prompt.id for prompt in choice.held_out] == ["p1"]
    assert explain(situation)[0].is_held_out


def test_a_greater_holdout_keeps_everybody_who_was_held_out_before():
    def held_out(percent):
        snapshot = some_snapshot(a_prompt(), holdout=percent)
        return {
            n
            for n in range(2_000)
            if decide(a_situation(snapshot=snapshot, visitor=a_visitor(f"v{n}"))).held_out
        }

    five, twenty = held_out(5.0), held_out(20.0)

    assert five < twenty
    assert 60 < len(five) < 140  # 100 expected


def test_prompts_come_by_priority_and_then_by_id():
    situation = a_situation(
        a_prompt(priority=1), a_prompt(priority=5), a_prompt(priority=1), a_prompt(priority=9)
    )

    assert shown(situation) == ["p4", "p2", "p1", "p3"]
    assert explain(situation)[1].gates[-1].actual == "place 2 of 4"


BODIES = st.builds(
    a_prompt,
    st.just(an_action()),
    priority=st.integers(0, 3),
    included_segments=st.sampled_from([(), ("gold",), ("none",)]),
    excluded_segments=st.sampled_from([(), ("gold",)]),
    devices=st.sampled_from([(), ("desktop",), ("mobile",)]),
    triggers=st.sampled_from(
        [Triggers((PageTrigger("/pricing"),)), Triggers((PageTrigger("/x"),))]
    ),
    schedule=st.sampled_from([Schedule(), Schedule(ends_at=NOW), Schedule(starts_at=NOW)]),
)
PROMPTS = st.lists(st.tuples(BODIES, st.sampled_from(list(PromptStatus))), max_size=4).map(
    lambda rows: [
        LivePrompt(f"p{place}", 1, status, body) for place, (body, status) in enumerate(rows)
    ]
)
VISITORS = st.builds(
    a_visitor,
    st.sampled_from(["ann", "bob", None]),
    traits=st.sampled_from([{}, {"plan": "gold"}]),
    is_suppressed=st.booleans(),
    is_test=st.booleans(),
    history=st.sampled_from([{}, {"p0": PromptHistory(last_kind=Kind.DECLINE, last_at=NOW)}]),
)


@given(
    prompts=PROMPTS,
    visitor=VISITORS,
    holdout=st.sampled_from([0.0, 50.0, 100.0]),
    biller=st.sampled_from([some_biller(), some_biller(GONE), some_biller(billing=None)]),
)
def test_what_is_decided_is_what_is_explained(prompts, visitor, holdout, biller):
    snapshot = some_snapshot(*prompts, holdout=holdout, segments=[GOLD])
    situation = a_situation(snapshot=snapshot, visitor=visitor, billers=[biller])

    choice, told = decide(situation), explain(situation)

    assert [one.id for one in choice.shown] == [one.prompt_id for one in told if one.is_shown]
    assert [one.id for one in choice.held_out] == [one.prompt_id for one in told if one.is_held_out]
    assert decide(situation) == choice
