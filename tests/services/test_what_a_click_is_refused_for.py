"""A click that cannot be kept: what goes back to its field, and what is stored as refused."""

from dataclasses import replace

import pytest
from msgspec.structs import replace as changed

from builders import a_prompt, a_step
from choosy import CHOOSY, ChoosyConnector, an_item
from clocks import FrozenClock
from limiting import GIVING, Shown, limited
from services.clicking_rig import ClickingRig
from standfast.contract.actions import RefusalReason, Refused
from standfast.contract.catalogue import ItemKind
from standfast.domain.interaction import Kind
from standfast.domain.limits import Scope
from standfast.domain.prompt import (
    AttachedAction,
    Budget,
    FormField,
    Limits,
    PromptBody,
)
from standfast.domain.visitor import BillingIdSource, Identity
from standfast.services.errors import FieldInvalid, IdentityRefused, NotNow, TokenRefused
from standfast.services.record_interaction import Deed
from standfast.store.database import Database

LEAVING = AttachedAction("choosy", "cancel_subscription")
GONE = "We could not make this change. Nothing was charged. This offer is no longer available."


@pytest.fixture
def rig(embedded_database: Database, clock: FrozenClock) -> ClickingRig:
    return ClickingRig(embedded_database, clock)


def sent_back(rig: ClickingRig, seen: Shown, kind: str = "accept", **deed: str) -> tuple[str, str]:
    """The field and the sentence that a click is sent back with; nothing is kept of it."""
    with pytest.raises(FieldInvalid) as told:
        rig.report(seen, kind, **deed)
    assert rig.history(seen).last_kind is None
    assert rig.claim() == ()
    return told.value.field or "", str(told.value)


class TestWhatTheTagSays:
    def test_a_kind_that_there_is_none_of(self, rig: ClickingRig) -> None:
        field, said = sent_back(rig, rig.look(), "shrug")

        assert field == "kind"
        assert "got 'shrug'" in said

    @pytest.mark.parametrize("kind", ["impression", "accept"])
    def test_a_step_that_the_prompt_has_not(self, rig: ClickingRig, kind: str) -> None:
        told = sent_back(rig, rig.look(), kind, step="second")

        assert told == ("step", "This prompt has no step 'second'.")

    def test_a_button_that_the_step_has_not(self, rig: ClickingRig) -> None:
        told = sent_back(rig, rig.look(), "secondary_accept")

        assert told == ("kind", "This step has no button 'secondary_accept'.")

    @pytest.mark.parametrize(
        ("values", "field", "said"),
        [
            (
                {str(n): "" for n in range(11)},
                "values",
                "At most 10 values can be sent.",
            ),
            (
                {"k" * 65: ""},
                f"values.{'k' * 64}",
                "A value holds at most 65535 characters, its name 64.",
            ),
            (
                {"why": "v" * 65_536},
                "values.why",
                "A value holds at most 65535 characters, its name 64.",
            ),
        ],
        ids=["too many", "a long name", "a long text"],
    )
    def test_more_answers_than_anybody_gives(
        self, rig: ClickingRig, values: dict[str, str], field: str, said: str
    ) -> None:
        assert sent_back(rig, rig.look(), **values) == (field, said)

    def test_as_many_and_as_long_answers_as_can_be_kept(self, rig: ClickingRig) -> None:
        values = {"k" * 63 + str(n): "v" for n in range(9)} | {"why": "v" * 65_535}

        recorded = rig.report(rig.look(), "dismiss", **values)

        assert rig.stored(recorded).values == values


class TestTheAnswersOfAForm:
    @pytest.fixture
    def seen(self, rig: ClickingRig) -> Shown:
        why = FormField("reason", "Why do you leave?", required=True)
        return rig.look(a_prompt(steps=(a_step(accept=(LEAVING,), form=(why,)),)))

    def test_a_yes_wants_every_required_answer(self, rig: ClickingRig, seen: Shown) -> None:
        told = sent_back(rig, seen, reason=" ")

        assert told == ("values.reason", "Please answer: Why do you leave?")

    @pytest.mark.parametrize("kind", ["decline", "dismiss", "timeout", "impression"])
    def test_who_only_leaves_is_not_held_up(self, rig: ClickingRig, seen: Shown, kind: str) -> None:
        assert rig.stored(rig.report(seen, kind)).kind is Kind(kind)

    def test_a_no_that_changes_the_bill_wants_them_too(self, rig: ClickingRig) -> None:
        why = FormField("reason", "Why do you leave?", required=True)
        seen = rig.look(a_prompt(steps=(a_step(decline=(LEAVING,), form=(why,)),)))

        assert sent_back(rig, seen, "decline")[0] == "values.reason"
        assert rig.report(seen, "decline", reason="Too dear").runs != ()


class TestWhoClicks:
    def test_a_change_of_a_bill_needs_a_signed_in_visitor(self, rig: ClickingRig) -> None:
        seen = rig.look()
        claims = rig.claims(seen)
        browser = Identity(rig.app_id, None, "browser")
        anonymous = token_saying(rig, seen, visitor=browser.visitor)

        with pytest.raises(IdentityRefused) as told:
            rig.recording.record(browser, Deed(anonymous, "accept", "offer", {}))

        assert str(told.value) == "A change of a bill needs a signed identity."
        assert rig.claim() == ()
        dismissed = rig.recording.record(browser, Deed(anonymous, "dismiss", "offer", {}))
        assert rig.stored(dismissed).prompt_id == claims.prompt_id

    def test_the_token_of_another_visitor_is_not_theirs(self, rig: ClickingRig) -> None:
        seen = rig.look()

        with pytest.raises(TokenRefused):
            rig.report(replace(seen, identity=rig.customer(2)))

    def test_the_token_is_over_after_a_day(self, rig: ClickingRig) -> None:
        seen = rig.look()
        rig.clock.advance(86_400)

        with pytest.raises(TokenRefused):
            rig.report(seen)

    @pytest.mark.parametrize("forgotten", ["snapshot_hash", "prompt_id"])
    def test_a_prompt_of_which_nothing_is_kept_is_no_longer_published(
        self, rig: ClickingRig, forgotten: str
    ) -> None:
        seen = rig.look()
        token = token_saying(rig, seen, **{forgotten: "gone"})

        with pytest.raises(NotNow) as told:
            rig.report(replace(seen, token=token))

        assert str(told.value) == "This prompt is no longer published."


def token_saying(rig: ClickingRig, seen: Shown, **changes: str) -> str:
    """The token again, saying something else."""
    return rig.tokens.sign_decision(rig.app_id, changed(rig.claims(seen), **changes))


class TestAnOfferThatNoLongerHolds:
    def test_a_retired_plan_is_stored_with_who_wanted_it_and_starts_nothing(
        self, rig: ClickingRig
    ) -> None:
        seen = rig.look()
        rig.stock(an_item(ItemKind.PLAN, "gold", archived_at=rig.clock.now()))

        recorded = rig.report(seen)

        row = rig.stored(recorded)
        assert row.refusal == {"reason": "plan_retired", "message": "This plan was retired."}
        assert (row.billing_id, row.billing_id_source) == ("c1", BillingIdSource.TOKEN)
        assert recorded.refusal == {"reason": "plan_retired", "message": GONE}
        assert (recorded.runs, recorded.result_token) == ((), None)
        assert rig.claim() == ()

    def test_it_counts_as_a_click_and_as_no_accept(self, rig: ClickingRig) -> None:
        seen = rig.look()
        rig.stock(an_item(ItemKind.PLAN, "gold", archived_at=rig.clock.now()))

        rig.report(seen)

        history = rig.history(seen)
        assert (history.finals, history.accepted_at) == (1, None)

    def test_it_takes_no_place_of_the_limits(self, rig: ClickingRig) -> None:
        seen = rig.look(limited(limits=Limits(total=1)))
        rig.stock(an_item(ItemKind.PLAN, "gold", archived_at=rig.clock.now()))

        recorded = rig.report(seen)

        assert rig.used(Scope.ACCEPTS, rig.stored(recorded).prompt_id) == 0

    def test_a_cost_that_cannot_be_told_all_at_once_starts_nothing(
        self, rig: ClickingRig, monkeypatch
    ) -> None:
        seen = rig.look(limited(limits=Limits(budget=Budget(5_000))))
        lost = Refused(RefusalReason.COUPON_UNKNOWN, "The coupon was deleted.")
        rig.meanwhile(
            lambda: monkeypatch.setattr(ChoosyConnector, "discount", lambda *_, **__: lost)
        )

        recorded = rig.report(seen)

        assert rig.stored(recorded).refusal == {
            "reason": "budget_exhausted",
            "message": "The discount cannot be told: The coupon was deleted. "
            "Set a fixed cost for each accept in the prompt's limits.",
        }
        assert recorded.runs == rig.claim() == ()
        assert rig.history(seen).accepted_at is None

    def test_a_place_that_was_taken_meanwhile_is_told_and_starts_nothing(
        self, rig: ClickingRig
    ) -> None:
        prompt = rig.start(limited(limits=Limits(total=1)))
        seen, other = (rig.show(prompt, rig.customer(n)) for n in (1, 2))
        rig.meanwhile(lambda: rig.report(other))

        recorded = rig.report(seen)

        row = rig.stored(recorded)
        told = {"reason": "limit_reached", "message": "All 1 accepts of this prompt are used."}
        assert row.refusal == told
        assert recorded.runs == ()
        assert rig.history(seen).accepted_at is None

    @pytest.mark.parametrize("body", [a_prompt(), a_prompt(GIVING)], ids=["no action", "gold"])
    def test_a_stop_in_the_same_moment_concerns_what_would_change_a_bill(
        self, rig: ClickingRig, body: PromptBody
    ) -> None:
        seen = rig.look(body)
        prompt = rig.claims(seen).prompt_id
        rig.meanwhile(lambda: rig.stopping.stop(rig.app_id, prompt, reason="Wrong plan."))

        recorded = rig.report(seen)

        stopped = {"reason": "offer_changed", "message": "The prompt was stopped."}
        assert rig.stored(recorded).refusal == (stopped if body.actions() else None)
        assert recorded.runs == ()

    def test_a_trait_that_fits_no_choice_is_the_operators_to_mend(
        self, rig: ClickingRig, monkeypatch
    ) -> None:
        monkeypatch.setattr(ChoosyConnector, "spec", WISHED)
        wishing = AttachedAction("choosy", "cancel_subscription", {"when": "{{ visitor.wish }}"})
        prompt = rig.start(a_prompt(wishing))
        ann = Identity(rig.app_id, "ann", None, billing_ids={"choosy_id": "c1"})
        seen = rig.show(prompt, ann)

        recorded = rig.report(replace(seen, identity=replace(ann, claims={"wish": "someday"})))

        assert rig.stored(recorded).refusal == {
            "reason": "parameter_invalid",
            "message": "When comes from the trait wish, which is 'someday'. "
            "Please choose one of these: now, end_of_period.",
        }
        assert rig.stored(recorded).billing_id == "c1"
        assert rig.claim() == ()


_LEAVE = CHOOSY.actions[1]
WISHED = replace(
    CHOOSY,
    actions=(
        CHOOSY.actions[0],
        replace(
            _LEAVE,
            parameters=(replace(_LEAVE.parameters[0], may_be_answered=True),),
        ),
    ),
)
