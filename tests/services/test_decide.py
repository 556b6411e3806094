from datetime import timedelta
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from builders import a_billing, a_condition, a_prompt, a_record, an_action
from clocks import FrozenClock
from deciding import CONNECTION, DecidingRig
from ledger.rig import a_run
from standfast.contract.records import Standing
from standfast.domain.interaction import Kind, decision_id
from standfast.domain.prompt import ManualTrigger, PageTrigger, Triggers
from standfast.domain.request import DecideRequest
from standfast.services.errors import IdentityRefused, NotFound
from standfast.store.billing import save_fresh_billing
from standfast.store.connections import Health
from standfast.store.database import Database
from standfast.store.interactions import InteractionRow, add_interaction, count_interaction
from standfast.store.runs import add_run

SUBSCRIBE = an_action("create_subscription", connector="choosy", plan="gold")


@pytest.fixture
def rig(embedded_database: Database, clock: FrozenClock) -> DecidingRig:
    return DecidingRig(embedded_database, clock)


@pytest.fixture
def rig_on_both(database: Database, clock: FrozenClock) -> DecidingRig:
    return DecidingRig(database, clock)


def a_deed(rig: DecidingRig, prompt_id: str, kind: Kind, **changes) -> InteractionRow:
    now = rig.clock.now()
    values: dict[str, Any] = {
        "id": f"i-{kind}",
        "app_id": rig.app_id,
        "visitor": "u:ann",
        "user_id": "ann",
        "prompt_id": prompt_id,
        "version": 1,
        "variation": "default",
        "snapshot_hash": "h",
        "decision": "d",
        "view": "v",
        "step": "offer",
        "kind": kind,
        "claim": f"c-{kind}",
        "values": {},
        "billing_id": None,
        "billing_id_source": None,
        "show": True,
        "refusal": None,
        "decided_at": now,
        "received_at": now,
        **changes,
    }
    return InteractionRow(**values)


def test_a_live_prompt_is_decided_with_a_token_and_without_its_actions(rig_on_both: DecidingRig):
    rig = rig_on_both
    rig.bill()
    rig.visitors.save(rig.app_id, "ann", {"choosy_id": "c1"})
    prompt_id = rig.start(a_prompt(SUBSCRIBE))

    (decided,) = rig.decide().prompts

    told = msgspec.json.encode(decided).decode()
    claims = rig.tokens.verify_decision(
        rig.app_id, decided.token, visitor="u:ann", now=rig.clock.now()
    )
    assert (claims.prompt_id, claims.version) == (prompt_id, 1)
    assert decided.steps[0].title == "Stay with us"
    assert decided.triggers.auto
    assert "create_subscription" not in told
    assert "gold" not in told


def test_an_unknown_app_has_no_decisions(rig: DecidingRig):
    rig.app_id = "app_other"

    with pytest.raises(NotFound):
        rig.decide()


def test_an_app_without_prompts_decides_nothing(rig: DecidingRig):
    assert rig.decide().prompts == ()


def test_a_user_id_too_long_for_a_token_is_refused_in_words(rig: DecidingRig):
    rig.start(a_prompt())

    with pytest.raises(IdentityRefused, match="too long"):
        rig.decide(rig.identity("x" * 400))


def test_the_same_visitor_gets_the_same_decision_in_every_tab_but_another_view(rig: DecidingRig):
    rig.start(a_prompt())

    claims = [
        rig.tokens.verify_decision(
            rig.app_id, rig.decide().prompts[0].token, visitor="u:ann", now=rig.clock.now()
        )
        for _ in range(2)
    ]

    assert claims[0].decision == claims[1].decision
    assert claims[0].view != claims[1].view


def test_a_final_interaction_makes_the_next_decision_another_one(rig: DecidingRig):
    prompt_id = rig.start(a_prompt())
    with rig.database.writing() as transaction:
        count_interaction(transaction, a_deed(rig, prompt_id, Kind.DECLINE))
    rig.clock.advance(3600)

    (decided,) = rig.decide().prompts

    claims = rig.tokens.verify_decision(
        rig.app_id, decided.token, visitor="u:ann", now=rig.clock.now()
    )
    assert claims.decision == decision_id(
        app_id=rig.app_id, visitor="u:ann", prompt_id=prompt_id, finals=1
    )


def test_after_an_accept_a_prompt_is_never_decided_again(rig: DecidingRig):
    prompt_id = rig.start(a_prompt())
    with rig.database.writing() as transaction:
        count_interaction(transaction, a_deed(rig, prompt_id, Kind.ACCEPT))
    rig.clock.advance(timedelta(days=400).total_seconds())

    assert rig.shown() == []
    assert rig.shown(rig.identity("bob")) == [prompt_id]


def test_an_offer_is_hidden_without_a_billing_id_and_with_an_unmatched_or_malformed_one(
    rig: DecidingRig,
):
    rig.bill()
    prompt_id = rig.start(a_prompt(SUBSCRIBE))

    assert rig.shown() == []
    assert rig.shown(rig.identity(billing_ids={"choosy_id": "c2"})) == []
    assert rig.shown(rig.identity(billing_ids={"choosy_id": "c-1"})) == []
    assert rig.shown(rig.identity(billing_ids={"choosy_id": "c1"})) == [prompt_id]


def test_an_offer_that_the_customer_already_has_is_not_made(rig: DecidingRig):
    rig.bill(a_record(standing=Standing.LIVE))
    rig.start(a_prompt(SUBSCRIBE))

    assert rig.shown(rig.identity(billing_ids={"choosy_id": "c1"})) == []


def test_what_an_action_has_just_learned_counts_in_the_next_decision(rig_on_both: DecidingRig):
    rig = rig_on_both
    rig.bill()
    rig.start(a_prompt(SUBSCRIBE))
    ann = rig.identity(billing_ids={"choosy_id": "c1"})
    assert len(rig.shown(ann)) == 1

    with rig.database.writing() as transaction:
        save_fresh_billing(transaction, CONNECTION, a_billing(a_record()), at=rig.clock.now())

    assert rig.shown(ann) == []


@pytest.mark.parametrize("changes", [{"is_active": False}, {"health": Health.BROKEN}])
def test_the_offers_of_a_connection_that_cannot_be_used_are_hidden(rig: DecidingRig, changes):
    rig.bill()
    rig.start(a_prompt(SUBSCRIBE))
    plain = rig.start(a_prompt())
    rig.connection(**changes)

    assert rig.shown(rig.identity(billing_ids={"choosy_id": "c1"})) == [plain]


def test_an_unsigned_visitor_gets_no_offers_and_no_billing_data(rig: DecidingRig):
    rig.bill(a_record())
    rig.visitors.save(rig.app_id, "ann", {"choosy_id": "c1"})
    segment = rig.segments.save(
        rig.app_id,
        name="Subscribers",
        rule={
            "type": "some",
            "of": "subscription",
            "rule": {"type": "trait", "trait": "plan", "operator": "is", "value": "gold"},
        },
    ).segment
    private = rig.start(a_prompt(included_segments=(segment.id,)))
    rig.start(a_prompt(an_action("cancel_subscription", connector="choosy")))
    plain = rig.start(a_prompt())

    assert private in rig.shown()
    assert rig.shown(rig.identity(None)) == [plain]


def test_unsigned_traits_are_seen_by_rules_as_page_words_only(rig: DecidingRig):
    segment = rig.segments.save(rig.app_id, name="Gold", rule=a_condition("plan")).segment
    words = rig.segments.save(rig.app_id, name="Page", rule=a_condition("page.plan")).segment
    rig.start(a_prompt(included_segments=(segment.id,)))
    open_to_all = rig.start(a_prompt(included_segments=(words.id,)))

    lying = DecideRequest(page="/", traits={"plan": "gold", "choosy_id": "c1"})

    assert rig.shown(request=lying) == [open_to_all]


def test_a_held_out_visitor_is_told_only_when_to_report_it(rig: DecidingRig):
    prompt_id = rig.start(a_prompt())
    rig.holdout.change(rig.app_id, 100.0)

    decisions = rig.decide()

    assert decisions.prompts == ()
    assert [one.prompt for one in decisions.holdouts] == [prompt_id]
    assert decisions.holdouts[0].triggers.auto


def test_triggers_tell_whether_this_page_opens_it_by_itself(rig: DecidingRig):
    triggers = Triggers((PageTrigger("/cancel"),), (ManualTrigger("cancel"),), delay_seconds=2.5)
    rig.start(a_prompt(triggers=triggers))

    (decided,) = rig.decide().prompts

    assert msgspec.to_builtins(decided.triggers) == {
        "auto": False,
        "delay_seconds": 2.5,
        "manual": ("cancel",),
    }


def test_publishing_is_heard_at_once_and_a_missed_signal_is_made_up_for_in_a_second(
    rig: DecidingRig,
):
    assert rig.shown() == []
    rig.database.signals._listeners = {}  # type: ignore[attr-defined] - the signal is lost
    prompt_id = rig.start(a_prompt())
    assert rig.shown() == []

    rig.clock.advance(1)

    assert rig.shown() == [prompt_id]


def test_a_click_that_is_still_under_way_is_told_to_its_visitor_only(rig_on_both: DecidingRig):
    rig = rig_on_both
    row = a_deed(rig, "prm_1", Kind.ACCEPT)
    with rig.database.writing() as transaction:
        add_interaction(transaction, row)
        run = a_run(row.id, now=rig.clock.now())
        add_run(transaction, replace(run, app_id=rig.app_id, connection_id=CONNECTION))

    (pending,) = rig.decide().pending

    claims = rig.tokens.read_result(pending.result_token, now=rig.clock.now())
    assert (pending.interaction, pending.prompt, pending.step) == (row.id, "prm_1", "offer")
    assert claims.interaction_id == row.id
    assert rig.decide(rig.identity("bob")).pending == ()
    assert rig.decide(rig.identity(None)).pending == ()
