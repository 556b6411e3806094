from typing import Any

import msgspec
import pytest

from builders import a_billing, a_prompt, a_record, a_step, an_action
from choosy import an_item
from clocks import FrozenClock
from deciding import CONNECTION, DecidingRig
from standfast.contract.actions import RefusalReason
from standfast.contract.catalogue import ItemKind
from standfast.domain.prompt import Button
from standfast.store.billing import save_fresh_billing
from standfast.store.connections import Health
from standfast.store.database import Database

SUBSCRIBE = an_action("create_subscription", connector="choosy", plan="gold")


class Click:
    """Ann was shown an offer and clicks on it."""

    def __init__(self, rig: DecidingRig) -> None:
        self.rig = rig
        rig.bill()
        self.ann = rig.identity(billing_ids={"choosy_id": "c1"})
        self.prompt_id = rig.start(a_prompt(SUBSCRIBE))
        token = rig.decide(self.ann).prompts[0].token
        self.claims = rig.tokens.verify_decision(
            rig.app_id, token, visitor=self.ann.visitor, now=rig.clock.now()
        )

    def reason(self, **changes: Any) -> RefusalReason | None:
        self.rig.clock.advance(1)
        identity = changes.pop("identity", self.ann)
        clicked: dict[str, Any] = {"step": "offer", "button": Button.ACCEPT}
        clicked |= {key: changes.pop(key) for key in clicked if key in changes}
        claims = msgspec.structs.replace(self.claims, **changes)
        refused = self.rig.offers.refusal(identity, claims, **clicked, now=self.rig.clock.now())
        return refused.reason if refused else None


@pytest.fixture
def click(embedded_database: Database, clock: FrozenClock) -> Click:
    return Click(DecidingRig(embedded_database, clock))


def test_an_offer_that_still_stands_is_not_refused(click: Click):
    assert click.reason() is None


@pytest.mark.parametrize("turn", ["pause", "end"])
def test_the_offer_of_a_prompt_that_is_no_longer_live_has_changed(click: Click, turn: str):
    getattr(click.rig.prompts, turn)(click.rig.app_id, click.prompt_id)

    assert click.reason() is RefusalReason.OFFER_CHANGED


def test_an_older_version_is_honoured_while_the_prompt_is_live(click: Click):
    body = a_prompt(SUBSCRIBE, steps=(a_step("other", accept=(SUBSCRIBE,)),))
    click.rig.prompts.save_draft(
        click.rig.app_id, name="Offer", body=body, prompt_id=click.prompt_id
    )
    click.rig.prompts.publish(click.rig.app_id, click.prompt_id, by="olga")

    assert click.reason() is None


@pytest.mark.parametrize(
    "changes",
    [
        {"version": 2},
        {"snapshot_hash": "f" * 32},
        {"prompt_id": "prm_other"},
        {"step": "other"},
        {"button": Button.SECONDARY_ACCEPT},
    ],
)
def test_what_was_never_shown_cannot_be_clicked(click: Click, changes):
    assert click.reason(**changes) is RefusalReason.OFFER_CHANGED


def test_a_plan_retired_between_showing_and_clicking_is_refused(click: Click):
    click.rig.stock(an_item(ItemKind.PLAN, "gold", archived_at=click.rig.clock.now()))

    assert click.reason() is RefusalReason.PLAN_RETIRED


def test_a_suppressed_visitor_is_refused(click: Click):
    click.rig.visitors.save(click.rig.app_id, "ann", {}, is_suppressed=True)

    assert click.reason() is RefusalReason.OFFER_CHANGED


@pytest.mark.parametrize(
    ("billing_ids", "reason"),
    [
        ({}, RefusalReason.BILLING_ID_MISSING),
        ({"choosy_id": "c-1"}, RefusalReason.BILLING_ID_MALFORMED),
        ({"choosy_id": "c2"}, RefusalReason.BILLING_ID_UNMATCHED),
    ],
)
def test_a_click_without_a_known_customer_is_refused(click: Click, billing_ids, reason):
    assert click.reason(identity=click.rig.identity(billing_ids=billing_ids)) is reason


@pytest.mark.parametrize("changes", [{"is_active": False}, {"health": Health.BROKEN}])
def test_a_click_over_an_unusable_connection_is_refused(click: Click, changes):
    click.rig.connection(**changes)

    assert click.reason() is RefusalReason.CONNECTION_INACTIVE


def test_what_the_customer_has_got_meanwhile_is_refused(click: Click):
    with click.rig.database.writing() as transaction:
        at = click.rig.clock.now()
        save_fresh_billing(transaction, CONNECTION, a_billing(a_record()), at=at)

    assert click.reason() is RefusalReason.ALREADY_SUBSCRIBED


def test_a_decline_without_actions_is_never_refused_by_the_biller(click: Click):
    click.rig.connection(is_active=False)

    assert click.reason(button=Button.DECLINE) is None
