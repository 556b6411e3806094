"""Who is shown what, when, and how often; and `explain` says why not."""

from datetime import timedelta
from typing import Any

import pytest

from builders import a_prompt, a_rule, a_step
from journeys.rig import Rig, cancel, coupon
from journeys.shop import ORIGIN, state_of
from standfast.domain.prompt import PageTrigger, ReShow, ReShowRule, ReShowRules, Schedule, Triggers
from standfast.services.publish_prompt import PreflightFailed

HOUR, DAY = 3600, 86_400


@pytest.fixture
def database_url() -> None:
    """Decisions are judged in memory; both databases hold what they are judged from elsewhere."""


def _closed(gates: dict[str, dict[str, Any]]) -> list[str]:
    return [name for name, one in gates.items() if one["verdict"] == "failed"]


def test_a_prompt_is_shown_between_its_dates_only(rig: Rig) -> None:
    ada, now = rig.customer(), rig.clock.now()
    schedule = Schedule(now + timedelta(days=1), now + timedelta(days=2))
    rig.offer(cancel(), schedule=schedule)

    shown = []
    for _ in range(3):
        shown.append(rig.shop.shown(rig.shop.identity(ada)))
        rig.clock.advance(DAY)

    assert shown == [[], ["Offer"], []]


def test_explain_names_the_schedule_with_the_present_time(rig: Rig) -> None:
    ada = rig.customer()
    starts_at = rig.clock.now() + timedelta(days=1)
    rig.offer(cancel(), schedule=Schedule(starts_at))

    gates = rig.shop.explain(ada)

    assert _closed(gates) == ["schedule"]
    assert starts_at.isoformat() in gates["schedule"]["condition"]
    assert f"now is {rig.clock.now():%Y-%m-%d}" in gates["schedule"]["actual"]


def test_after_an_accept_it_is_never_shown_again(rig: Rig) -> None:
    ada = rig.customer()
    rig.offer(coupon("STACK5", when_present="stack"))
    rig.accept(ada)
    rig.site.client.delete(f"/subscriptions/{ada.subscription}/remove_coupon.json")
    rig.sync()
    rig.clock.advance(400 * DAY)

    assert rig.shop.shown(rig.shop.identity(ada)) == []
    gates = rig.shop.explain(ada)
    assert _closed(gates) == ["re_show"]
    assert gates["re_show"]["condition"] == "after accept: never again"


def test_after_a_decline_it_comes_back_with_the_next_visit(rig: Rig) -> None:
    ada = rig.customer()
    rig.offer(cancel())
    declined = rig.shop.click(rig.shop.identity(ada), rig.show(ada), "decline")

    assert (declined["runs"], declined["refusal"]) == ([], None)
    assert rig.shop.shown(rig.shop.identity(ada)) == []
    rig.clock.advance(HOUR / 2)
    assert rig.shop.shown(rig.shop.identity(ada)) == ["Offer"]


def test_after_a_decline_it_comes_back_when_its_author_said(rig: Rig) -> None:
    ada = rig.customer()
    rules = ReShowRules(after_decline=ReShowRule(ReShow.AFTER, 2.0 * DAY))
    rig.offer(cancel(), re_show=rules)
    rig.shop.click(rig.shop.identity(ada), rig.show(ada), "decline")

    rig.clock.advance(DAY)
    assert rig.shop.shown(rig.shop.identity(ada)) == []
    assert _closed(rig.shop.explain(ada)) == ["re_show"]
    rig.clock.advance(DAY)
    assert rig.shop.shown(rig.shop.identity(ada)) == ["Offer"]


def test_a_declined_offer_that_comes_back_can_be_accepted(rig: Rig) -> None:
    ada = rig.customer()
    rig.offer(cancel("now"))
    rig.shop.click(rig.shop.identity(ada), rig.show(ada), "decline")
    rig.clock.advance(HOUR)

    assert state_of(rig.accept(ada)) == "succeeded"


def test_a_trait_the_back_end_has_sent_counts_in_the_next_decision(rig: Rig) -> None:
    ada = rig.customer()
    rig.sync()
    segment = rig.house.save_segment.save(rig.shop.app, name="Teams", rule=a_rule(seats=5))
    rig.offer(cancel(), included_segments=(segment.segment.id,))
    identity = rig.shop.identity(ada)

    before = rig.shop.shown(identity)
    gates = rig.shop.explain(ada)
    rig.shop.save_visitor("ada", seats=5)

    assert (before, rig.shop.shown(identity)) == ([], ["Offer"])
    assert _closed(gates) == ["segments"]
    assert 'in segment "Teams"' in gates["segments"]["condition"]
    assert "not set" in gates["segments"]["actual"]


def test_a_signed_trait_goes_before_a_stored_one_and_an_unsigned_one_is_none(rig: Rig) -> None:
    ada = rig.customer()
    segment = rig.house.save_segment.save(rig.shop.app, name="Gold", rule=a_rule(tier="gold"))
    rig.offer(cancel(), included_segments=(segment.segment.id,))
    rig.shop.save_visitor("ada", tier="tin")

    assert rig.shop.shown(rig.shop.identity(ada), traits={"tier": "gold"}) == []
    assert rig.shop.shown(rig.shop.identity(ada, traits={"tier": "gold"})) == ["Offer"]


def test_what_the_customer_has_at_the_biller_can_be_a_segment(rig: Rig) -> None:
    ada, ben = rig.customer("ada", plan="basic"), rig.customer("ben", plan="pro")
    rig.sync()
    where = {"type": "trait", "trait": "plan_name", "operator": "is", "value": "Basic"}
    rule = {"type": "some", "of": "subscription", "rule": where}
    segment = rig.house.save_segment.save(rig.shop.app, name="Basic", rule=rule)
    rig.offer(cancel(), included_segments=(segment.segment.id,))

    assert rig.shop.shown(rig.shop.identity(ada)) == ["Offer"]
    assert rig.shop.shown(rig.shop.identity(ben)) == []


def test_a_prompt_stays_on_its_pages_and_devices(rig: Rig) -> None:
    ada = rig.customer()
    pages = Triggers(pages=(PageTrigger("/billing/*"),))
    rig.sync()
    rig.publish(a_prompt(cancel(), triggers=pages, devices=("mobile",)))
    identity = rig.shop.identity(ada)

    def titles(page: str, device: str) -> list[str]:
        body = {"app": rig.shop.app, "identity": identity, "page": page, "device": device}
        answer = rig.shop.asked("/v1/decide", body).json()
        return [one["steps"][0]["title"] for one in answer["prompts"]]

    assert titles(f"{ORIGIN}/billing/plan?x=1", "mobile") == ["Stay with us"]
    assert titles(f"{ORIGIN}/billing/plan", "desktop") == []
    assert titles(f"{ORIGIN}/home", "mobile") == []
    gates = rig.shop.explain(ada, page=f"{ORIGIN}/home", device="mobile")
    assert _closed(gates) == ["place"]
    assert "path /home" in gates["place"]["actual"]


def test_prompts_come_by_priority(rig: Rig) -> None:
    ada = rig.customer()
    rig.offer(cancel(), name="Low", priority=1)
    rig.offer(cancel(), name="High", priority=9)

    assert rig.shop.shown(rig.shop.identity(ada)) == ["High", "Low"]


def test_a_suppressed_visitor_is_shown_nothing_and_their_click_is_refused(rig: Rig) -> None:
    ada = rig.customer()
    rig.offer(cancel("now"))
    prompt = rig.show(ada)
    rig.shop.server("PUT", "visitors/ada", {"is_suppressed": True})

    assert rig.shop.shown(rig.shop.identity(ada)) == []
    result = rig.shop.click(rig.shop.identity(ada), prompt)
    assert result["refusal"]["reason"] == "offer_changed"
    assert rig.site.subscription(ada)["state"] == "active"


def test_a_held_out_visitor_is_shown_nothing_but_counted(rig: Rig) -> None:
    ada = rig.customer()
    rig.offer(cancel("now"))
    rig.house.change_holdout.change(rig.shop.app, 100)
    rig.clock.advance(1)

    decided = rig.shop.decide(rig.shop.identity(ada))
    assert decided["prompts"] == []
    (held_out,) = decided["holdouts"]
    result = rig.shop.click(rig.shop.identity(ada), held_out, "holdout")

    assert result["runs"] == []
    assert rig.site.writes() == []


@pytest.mark.parametrize("kind", ["impression", "dismiss", "timeout", "step"])
def test_a_bill_changes_on_a_click_only(rig: Rig, kind: str) -> None:
    ada = rig.customer()
    rig.offer(cancel("now"))

    result = rig.shop.click(rig.shop.identity(ada), rig.show(ada), kind)

    assert result["runs"] == []
    assert rig.site.writes() == []


def test_a_retired_plan_keeps_a_prompt_from_starting(rig: Rig) -> None:
    rig.site.retire_plan("pro")
    rig.sync()
    body = a_prompt(steps=(a_step(accept=(rig.create("pro"),)),))

    with pytest.raises(PreflightFailed) as failed:
        rig.publish(body)

    assert failed.value.field == "steps[0].buttons.accept.actions[0].parameters.plan"


def test_a_prompt_does_not_start_on_a_connection_that_is_switched_off(rig: Rig) -> None:
    rig.sync()
    rig.switch(is_active=False)

    with pytest.raises(PreflightFailed):
        rig.publish(a_prompt(cancel()))
