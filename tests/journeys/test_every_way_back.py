"""Every change that has a way back is undone, and the subscription is as the vendor told it before.

Through the ledger, with what a run remembers and nothing else; SQLite is enough here, as the
journeys of `test_operators_make_it_right.py` stand on both databases.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from console.billing_rig import a_billed_house
from console.run_scenes import Scenes
from journeys.billing_site import BillingSite, Customer
from standfast.connectors.chargify.connector import ChargifyConnector
from standfast.domain.action_run import RunState

Arrange = Callable[[BillingSite, Customer], None]

NEWS = frozenset({"updated_at", "previous_billing_at"})
"""What tells of the two changes themselves; everything else must be as before."""


def in_days(days: int) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).date().isoformat()


def as_they_are(_site: BillingSite, _who: Customer) -> None:
    """Nothing happened before."""


def about_to_end(site: BillingSite, who: Customer) -> None:
    site.post(f"/subscriptions/{who.subscription}/delayed_cancel.json")


def canceled(site: BillingSite, who: Customer) -> None:
    site.cancel(who)


def on_hold(site: BillingSite, who: Customer) -> None:
    until = {"automatically_resume_at": f"{in_days(25)}T00:00:00Z"}
    site.post(f"/subscriptions/{who.subscription}/hold.json", hold=until)


def with_a_coupon(site: BillingSite, who: Customer) -> None:
    site.put_coupon_on(who, "TEN")


def about_to_switch(site: BillingSite, who: Customer) -> None:
    change = {"product_handle": "basic", "product_change_delayed": True}
    path = f"/subscriptions/{who.subscription}.json"
    site.client.put(path, json={"subscription": change}).raise_for_status()


WAYS: list[tuple[str, dict[str, str], Arrange]] = [
    ("cancel_subscription", {"when": "now"}, as_they_are),
    ("cancel_subscription", {"when": "end_of_period"}, as_they_are),
    ("undo_cancellation", {}, about_to_end),
    ("reactivate", {}, canceled),
    ("add_coupon", {"coupon": "TEN"}, as_they_are),
    ("remove_coupon", {"coupon": "TEN"}, with_a_coupon),
    ("switch_plan", {"plan": "basic", "when": "at_renewal"}, as_they_are),
    ("undo_plan_change", {}, about_to_switch),
    ("pause", {"until": in_days(20)}, as_they_are),
    ("resume", {}, on_hold),
]


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scenes]:
    with a_billed_house(tmp_path_factory.mktemp("ways") / "data") as stage:
        yield Scenes.open(stage)


def told(site: BillingSite, who: Customer) -> list[dict[str, Any]]:
    """The customer's subscriptions in the vendor's own words, without news."""
    rows = site.get(f"/customers/{who.id}/subscriptions.json")
    return [
        {key: value for key, value in row["subscription"].items() if key not in NEWS}
        for row in rows
    ]


def undone(scenes: Scenes, run: str) -> RunState:
    """Take a run back; how that ended."""
    made = scenes.billed.run(run)
    assert made.state is RunState.SUCCEEDED, made.result
    deeds = scenes.stage.house.run_deeds
    begun = deeds.undo.undo(scenes.billed.app, run, reason="A rehearsal.")
    scenes.billed.work()
    return scenes.billed.run(begun.id).state


@pytest.mark.parametrize(
    ("action", "parameters", "arrange"), WAYS, ids=[" ".join([way[0], *way[1]]) for way in WAYS]
)
def test_what_was_changed_is_as_before(
    scenes: Scenes, action: str, parameters: dict[str, str], arrange: Arrange
) -> None:
    site, who = scenes.stage.site, scenes.customer()
    arrange(site, who)
    before = told(site, who)
    wanted = {key: site.plans.get(value, value) for key, value in parameters.items()}
    run = scenes.clicked(who, action, wanted)
    assert told(site, who) != before

    assert undone(scenes, run) is RunState.SUCCEEDED

    assert told(site, who) == before


def test_a_new_subscription_is_canceled_at_once(scenes: Scenes) -> None:
    site, who = scenes.stage.site, scenes.customer(plan=None)
    run = scenes.clicked(who, "create_subscription", {"plan": site.plans["pro"]})

    assert undone(scenes, run) is RunState.SUCCEEDED

    assert [one["state"] for one in told(site, who)] == ["canceled"]


def test_a_longer_trial_ends_when_it_was_to_end(scenes: Scenes) -> None:
    site = scenes.stage.site
    trial = {"name": "Try", "handle": "try", "price_in_cents": 900, "interval": 1}
    trial |= {"interval_unit": "month", "trial_price_in_cents": 0, "trial_interval": 14}
    product = {**trial, "trial_interval_unit": "day", "require_credit_card": True}
    site.post(f"/product_families/{site.families['boards']}/products.json", product=product)
    who = scenes.customer(plan="try")
    before = told(site, who)
    run = scenes.clicked(who, "extend_trial", {"days": "10"})
    assert told(site, who) != before

    assert undone(scenes, run) is RunState.SUCCEEDED

    assert told(site, who) == before


def test_a_switch_at_once_leads_back_to_the_former_plan(scenes: Scenes) -> None:
    site, who = scenes.stage.site, scenes.customer()
    run = scenes.clicked(who, "switch_plan", {"plan": site.plans["basic"], "when": "now"})

    assert undone(scenes, run) is RunState.SUCCEEDED

    assert told(site, who)[0]["product"]["handle"] == "pro"


def test_every_action_with_a_way_back_is_rehearsed_here() -> None:
    rehearsed = {way[0] for way in WAYS} | {"create_subscription", "extend_trial", "switch_plan"}

    assert {one.key for one in ChargifyConnector.spec.actions if one.undo} == rehearsed
