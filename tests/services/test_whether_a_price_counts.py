"""A click with a price: whether what its visitor was shown still counts."""

from dataclasses import replace
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from builders import a_prompt, a_step
from choosy import CHOOSY, ChoosyConnector
from clocks import FrozenClock
from limiting import GIVING, Shown
from services.clicking_rig import ClickingRig
from standfast.contract.actions import Preview
from standfast.contract.catalogue import Money
from standfast.domain.interaction import Kind, interaction_id
from standfast.domain.prompt import (
    AttachedAction,
    Button,
    ButtonBody,
)
from standfast.domain.quote import claims_of, offer_of
from standfast.services.check_quote import CHANGED, FOR_ANOTHER, NOT_SHOWN, OVER
from standfast.services.follow_result import Recorded
from standfast.services.record_interaction import Deed
from standfast.store.bodies import unpacked
from standfast.store.database import Database

LEAVING = AttachedAction("choosy", "cancel_subscription")
GONE = "We could not make this change. Nothing was charged. This offer is no longer available."

PRICED = replace(
    CHOOSY, actions=tuple(replace(action, has_preview=True) for action in CHOOSY.actions)
)
NINE, TWO = Preview(Money(900, "USD")), Preview(Money(200, "USD"))


@pytest.fixture
def rig(embedded_database: Database, clock: FrozenClock) -> ClickingRig:
    return ClickingRig(embedded_database, clock)


class TestAPriceThatWasShown:
    @pytest.fixture(autouse=True)
    def priced(self, monkeypatch) -> None:
        monkeypatch.setattr(ChoosyConnector, "spec", PRICED)

    def look(self, rig: ClickingRig, *, show_price: bool = True) -> Shown:
        buttons = {
            Button.ACCEPT: ButtonBody("Yes", (GIVING, LEAVING)),
            Button.SECONDARY_ACCEPT: ButtonBody("Only leave", (LEAVING,)),
            Button.DECLINE: ButtonBody("No"),
        }
        return rig.look(a_prompt(steps=(a_step(buttons=buttons),), show_price=show_price))

    def quote(self, rig: ClickingRig, seen: Shown, *parts: Preview, button: str = "accept") -> str:
        said = claims_of(
            parts,
            parts[0],
            app_id=rig.app_id,
            visitor=seen.identity.visitor,
            offer=offer_of(rig.claims(seen), step="offer", button=button),
            expires_at=rig.clock.now() + timedelta(seconds=900),
        )
        return rig.tokens.sign_quote(rig.app_id, said)

    def click(
        self, rig: ClickingRig, seen: Shown, quote: str | None, kind: str = "accept"
    ) -> Recorded:
        return rig.recording.record(seen.identity, Deed(seen.token, kind, "offer", {}, quote))

    def test_each_run_is_held_to_its_part_and_the_click_to_the_whole(
        self, rig: ClickingRig
    ) -> None:
        seen = self.look(rig)

        recorded = self.click(rig, seen, self.quote(rig, seen, NINE, TWO))

        assert [run.quoted for run in rig.runs(recorded)] == [NINE, TWO]
        whole = unpacked(rig.stored(recorded).quote, Preview)
        assert whole.due_now == Money(1_100, "USD")

    def test_an_accept_without_the_price_is_stored_as_refused_and_starts_nothing(
        self, rig: ClickingRig
    ) -> None:
        seen = self.look(rig)

        with capture_logs() as lines:
            recorded = self.click(rig, seen, None)

        row, claim = rig.stored(recorded), f"{rig.claims(seen).decision}:offer:accept:price"
        assert row.refusal == {"reason": "quote_refused", "message": NOT_SHOWN}
        assert (row.claim, row.id) == (claim, interaction_id(claim))
        assert (row.kind, row.billing_id) == (Kind.ACCEPT, None)
        assert (row.visitor, row.received_at) == ("u:u1", rig.clock.now())
        assert (recorded.state, recorded.runs) == ("refused", ())
        assert rig.claim() == ()
        (line,) = [one for one in lines if one["event"] == "interaction.price_refused"]
        assert (line["interaction"], line["why"]) == (row.id, NOT_SHOWN)

    def test_a_refused_price_is_not_the_last_word(self, rig: ClickingRig) -> None:
        seen = self.look(rig)
        refused = [self.click(rig, seen, None) for _ in range(2)]

        recorded = self.click(rig, seen, self.quote(rig, seen, NINE, TWO))

        assert refused[0] == refused[1]
        assert recorded.refusal is None
        assert len(recorded.runs) == 2
        assert rig.history(seen).finals == 1

    def test_a_price_that_is_over_is_refused(self, rig: ClickingRig) -> None:
        seen = self.look(rig)
        quote = self.quote(rig, seen, NINE, TWO)
        rig.clock.advance(900)

        recorded = self.click(rig, seen, quote)

        assert rig.stored(recorded).refusal == {"reason": "quote_refused", "message": OVER}

    @pytest.mark.parametrize(
        ("parts", "button", "why"),
        [((NINE,), "accept", CHANGED), ((NINE, TWO), "secondary_accept", FOR_ANOTHER)],
        ids=["half of it", "another button's"],
    )
    def test_a_price_for_something_else_is_refused(
        self, rig: ClickingRig, parts: tuple[Preview, ...], button: str, why: str
    ) -> None:
        seen = self.look(rig)

        recorded = self.click(rig, seen, self.quote(rig, seen, *parts, button=button))

        told = {"reason": "quote_refused", "message": why}
        assert rig.stored(recorded).refusal == told

    @pytest.mark.parametrize(
        ("show_price", "kind"),
        [(True, "secondary_accept"), (False, "accept"), (False, "secondary_accept")],
    )
    def test_where_no_price_is_shown_none_is_needed(
        self, rig: ClickingRig, show_price: bool, kind: str
    ) -> None:
        seen = self.look(rig, show_price=show_price)

        recorded = self.click(rig, seen, None, kind)

        assert recorded.refusal is None
        assert {run.quoted for run in rig.runs(recorded)} == {None}
        assert rig.stored(recorded).quote is None

    def test_a_button_that_changes_nothing_has_no_price(self, rig: ClickingRig) -> None:
        seen = self.look(rig)

        recorded = self.click(rig, seen, "made up", "decline")

        assert recorded.refusal is None
