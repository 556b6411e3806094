from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from builders import a_prompt, a_step, an_action
from choosy import CHOOSY, an_item
from standfast.contract.actions import RefusalReason, Refused
from standfast.contract.catalogue import ItemKind
from standfast.domain.pinning import pin_prices
from standfast.domain.preflight import PreflightBiller, preflight
from standfast.domain.prompt import (
    Button,
    ButtonBody,
    ManualTrigger,
    PageTrigger,
    ReShow,
    ReShowRule,
    ReShowRules,
    ResultTexts,
    Schedule,
    Triggers,
)

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
GOLD = {(ItemKind.PLAN, "gold"): an_item(ItemKind.PLAN, "gold")}
ON_ACCEPT = "steps[0].buttons.accept.actions[0]"


def subscribing(**parameters: str):
    return a_prompt(an_action("create_subscription", connector="choosy", **parameters))


def cancelling(**parameters: str):
    return a_prompt(an_action("cancel_subscription", connector="choosy", **parameters))


def findings_of(
    body, *, items=GOLD, trouble=None, refused=None, discount=None, billers: Any = None
):
    biller = PreflightBiller(
        CHOOSY,
        trouble,
        items,
        obstacle=lambda action, parameters: refused,
        currency="USD",
        discount=lambda action, parameters: discount,
    )
    known = {"choosy": biller} if billers is None else billers
    return preflight(body, segments={"seg_1"}, billers=known, now=NOW)


def test_a_sound_prompt_has_no_findings():
    assert findings_of(subscribing(plan="gold")) == ()


@pytest.mark.parametrize(
    ("body", "code", "where"),
    [
        (a_prompt(triggers=Triggers()), "trigger_missing", "triggers"),
        (
            a_prompt(triggers=Triggers((PageTrigger("(", is_regex=True),))),
            "pattern_invalid",
            "triggers.pages[0].path",
        ),
        (
            a_prompt(triggers=Triggers(manual=(ManualTrigger(" "),))),
            "name_empty",
            "triggers.manual[0].name",
        ),
        (a_prompt(included_segments=("seg_9",)), "segment_unknown", "included_segments[0]"),
        (a_prompt(schedule=Schedule(ends_at=NOW)), "schedule_past", "schedule.ends_at"),
        (
            a_prompt(schedule=Schedule(NOW + timedelta(2), NOW + timedelta(1))),
            "schedule_inverted",
            "schedule.ends_at",
        ),
        (
            a_prompt(schedule=Schedule(NOW.replace(tzinfo=None))),
            "instant_without_offset",
            "schedule.starts_at",
        ),
        (a_prompt(steps=()), "step_count", "steps"),
        (a_prompt(steps=(a_step("a b"),)), "step_key", "steps[0].key"),
        (a_prompt(steps=(a_step(message="x" * 5_001),)), "text_too_long", "steps[0].message"),
        (a_prompt(steps=(a_step("a"), a_step("a"))), "step_key", "steps[0].key"),
        (
            a_prompt(steps=(a_step(title=" ", message=""),)),
            "text_empty",
            "steps[0].title",
        ),
        (
            a_prompt(steps=(a_step(buttons={Button.ACCEPT: ButtonBody("")}),)),
            "text_empty",
            "steps[0].buttons.accept.label",
        ),
        (a_prompt(steps=(a_step(buttons={}),)), "button_missing", "steps[0].buttons"),
        (a_prompt(texts=ResultTexts(refused="")), "text_empty", "texts.refused"),
        (a_prompt(type="popup"), "type_unknown", "type"),
        (a_prompt(type="inline"), "zone_missing", "zone"),
        (a_prompt(devices=("watch",)), "device_unknown", "devices[0]"),
        (
            a_prompt(re_show=ReShowRules(after_decline=ReShowRule(ReShow.AFTER))),
            "re_show_time_missing",
            "re_show.after_decline.after_seconds",
        ),
        (subscribing(), "parameter_missing", f"{ON_ACCEPT}.parameters.plan"),
        (
            subscribing(plan="gold", colour="red"),
            "parameter_unknown",
            f"{ON_ACCEPT}.parameters.colour",
        ),
        (subscribing(plan="tin"), "item_unknown", f"{ON_ACCEPT}.parameters.plan"),
        (
            subscribing(plan="{{ answer.plan }}"),
            "answer_not_allowed",
            f"{ON_ACCEPT}.parameters.plan",
        ),
        (cancelling(when="soon"), "choice_unknown", f"{ON_ACCEPT}.parameters.when"),
        (
            cancelling(message="so {{ answer.why }}"),
            "answer_malformed",
            f"{ON_ACCEPT}.parameters.message",
        ),
        (cancelling(message="x" * 300), "text_too_long", f"{ON_ACCEPT}.parameters.message"),
        (
            a_prompt(an_action("explode", connector="choosy")),
            "action_unknown",
            f"{ON_ACCEPT}.action",
        ),
    ],
)
def test_a_fault_is_found_with_its_place_and_blocks_the_start(body, code, where):
    found = findings_of(body)

    assert (code, where) in [(one.code, one.where) for one in found]
    assert all(one.blocks and one.text for one in found)


def test_an_action_of_a_missing_connection_is_found():
    (found,) = findings_of(subscribing(plan="gold"), billers={})

    assert (found.code, found.where) == ("connection_missing", f"{ON_ACCEPT}.connector")


def test_an_action_of_a_broken_connection_is_found():
    (found,) = findings_of(subscribing(plan="gold"), trouble="It is broken.")

    assert found.code == "connection_unusable"


RETIRED = {(ItemKind.PLAN, "gold"): an_item(ItemKind.PLAN, "gold", archived_at=NOW)}


def test_a_retired_plan_blocks_what_the_connector_can_no_longer_do():
    refused = Refused(RefusalReason.PLAN_RETIRED, "Gold is sold no more.")

    (found,) = findings_of(subscribing(plan="gold"), items=RETIRED, refused=refused)

    assert (found.code, found.blocks) == ("item_retired", True)


def test_a_retired_plan_is_only_told_where_the_connector_has_nothing_against_it():
    (found,) = findings_of(subscribing(plan="gold"), items=RETIRED)

    assert (found.code, found.blocks) == ("item_retired", False)


def test_what_the_connector_says_of_the_catalogue_is_found():
    refused = Refused(RefusalReason.COUPON_EXPIRED, "TEN ended in February.")

    (found,) = findings_of(subscribing(plan="gold"), refused=refused)

    assert (found.code, found.text, found.where) == (
        "coupon_expired",
        "TEN ended in February.",
        ON_ACCEPT,
    )


# --- pinning ----------------------------------------------------------------------------------


def parameters_of(body):
    specs = {"choosy": CHOOSY}
    pinned = pin_prices(body, specs, lambda connector, plan: {"gold": "gold-1"}.get(plan))
    return pinned.accept_actions()[0].parameters


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ({"plan": "gold"}, {"plan": "gold", "price_point": "gold-1"}),
        ({"plan": "gold", "price_point": "gold-9"}, {"plan": "gold", "price_point": "gold-9"}),
        ({"plan": "tin"}, {"plan": "tin"}),
        ({}, {}),
    ],
)
def test_a_plan_without_a_price_gets_the_price_it_has_now(chosen, expected):
    assert parameters_of(subscribing(**chosen)) == expected


def test_an_action_that_takes_no_price_is_left_alone():
    assert parameters_of(cancelling(when="now")) == {"when": "now"}
