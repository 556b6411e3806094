import pytest

from builders import a_condition, a_prompt, an_action
from clocks import FrozenClock
from deciding import PAGE, DecidingRig
from standfast.domain.decision import Verdict
from standfast.domain.gates import Gate
from standfast.domain.prompt import PageTrigger, PromptStatus, Triggers
from standfast.services.errors import NotFound
from standfast.store.database import Database


@pytest.fixture
def rig(embedded_database: Database, clock: FrozenClock) -> DecidingRig:
    return DecidingRig(embedded_database, clock)


def explained(rig: DecidingRig, user_id: str = "ann"):
    return rig.explaining.explain(rig.app_id, user_id, PAGE)


def failed(one) -> dict[Gate, str]:
    gates = one.explanation.gates
    return {gate.gate: gate.actual for gate in gates if gate.verdict is Verdict.FAILED}


def test_every_gate_of_every_prompt_is_told_drafts_and_ended_ones_too(rig: DecidingRig):
    rig.start(a_prompt())
    rig.draft(a_prompt(), name="Draft")
    ended = rig.start(a_prompt())
    rig.prompts.end(rig.app_id, ended)

    told = explained(rig)

    assert sorted(one.status for one in told) == [
        PromptStatus.DRAFT,
        PromptStatus.ENDED,
        PromptStatus.LIVE,
    ]
    assert all([gate.gate for gate in one.explanation.gates] == list(Gate) for one in told)
    assert [one.explanation.is_shown for one in told] == [True, False, False]
    assert {gate for one in told[1:] for gate in failed(one)} == {Gate.STATUS}


def test_gates_behind_a_closed_one_are_judged_all_the_same(rig: DecidingRig):
    segment = rig.segments.save(rig.app_id, name="Gold", rule=a_condition()).segment
    rig.visitors.save(rig.app_id, "ann", {"plan": "tin"}, is_suppressed=True)
    action = an_action("create_subscription", connector="choosy", plan="gold")
    rig.start(a_prompt(action, included_segments=(segment.id,), devices=("mobile",)))

    (one,) = explained(rig)

    assert failed(one) == {
        Gate.VISITOR: "suppressed",
        Gate.PLACE: "path /pricing; device desktop",
        Gate.SEGMENTS: 'plan is "gold": "tin"',
        Gate.OFFER: "billing_id_missing: The visitor has no choosy_id.",
    }


def test_a_draft_is_explained_with_segments_no_live_prompt_uses(rig: DecidingRig):
    segment = rig.segments.save(rig.app_id, name="Gold", rule=a_condition()).segment
    rig.draft(a_prompt(included_segments=(segment.id,)))

    (one,) = explained(rig)

    assert failed(one)[Gate.SEGMENTS] == 'plan is "gold": not set'


def test_an_unfinished_draft_is_explained_not_crashed_on(rig: DecidingRig):
    rig.draft(a_prompt(triggers=Triggers((PageTrigger("(", is_regex=True),))))

    (one,) = explained(rig)

    assert Gate.PLACE in failed(one)


def test_an_unknown_app_cannot_be_explained(rig: DecidingRig):
    rig.app_id = "app_other"

    with pytest.raises(NotFound):
        explained(rig)
