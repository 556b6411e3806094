"""The three offers of the demo shop: what they say is what they do, at the price they name."""

from dataclasses import dataclass
from typing import Any

from demo.furnish import CANCEL, COUPON, COUPON_CODE, CREATE
from standfast.domain.prompt import (
    AttachedAction,
    Button,
    ButtonBody,
    ManualTrigger,
    PageTrigger,
    PromptBody,
    ReShow,
    ReShowRule,
    ReShowRules,
    ResultTexts,
    Step,
    Triggers,
)

PRO_YEARLY, BASIC = "pro-yearly", "basic"
SOON = ReShowRule(ReShow.AFTER, 1.0)
"""A customer would be asked at their next visit; whoever tries the demo reloads."""
AT_ONCE = ReShowRule(ReShow.AFTER, 0.001)

WITHOUT_PLAN: dict[str, Any] = {
    "type": "none",
    "rules": [
        {
            "type": "some",
            "of": "subscription",
            "rule": {
                "type": "trait",
                "trait": "standing",
                "operator": "in",
                "value": ["live", "problem", "paused", "waiting"],
            },
        }
    ],
}
"""Whoever has a plan would pay for two: they are not offered another one."""

STAYING_ON_BASIC: dict[str, Any] = {
    "type": "some",
    "of": "subscription",
    "rule": {
        "type": "all",
        "rules": [
            {"type": "trait", "trait": "plan_name", "operator": "is", "value": "Basic"},
            {"type": "trait", "trait": "standing", "operator": "is", "value": "live"},
            {"type": "trait", "trait": "ends_at_period_end", "operator": "is", "value": False},
        ],
    },
}
"""The offer names Basic's price; and a discount would not undo a cancellation."""


@dataclass(frozen=True)
class Plan:
    """As the billing site sells it."""

    id: str
    price_in_cents: int


def dollars(cents: int) -> str:
    return f"${cents / 100:,.2f}".removesuffix(".00")


def upgrade(plan: Plan, segment: str) -> PromptBody:
    price = dollars(plan.price_in_cents)
    monthly = dollars(round(plan.price_in_cents / 12))
    message = (
        "<p>Unlimited boards and guests, timelines, dependencies and reports, for your whole team. "
        f"That is about {monthly} a month instead of $29.</p>"
        f"<p><strong>{price} today</strong> on your card, then {price} every year until you "
        "cancel. You can cancel any time in your account.</p>"
    )
    buttons = {
        Button.ACCEPT: ButtonBody(
            f"Start Pro for {price} a year",
            (AttachedAction("chargify", CREATE, {"plan": plan.id}),),
        ),
        Button.DECLINE: ButtonBody("Not now"),
    }
    return PromptBody(
        steps=(Step("offer", "A year of Pro", message, buttons),),
        included_segments=(segment,),
        triggers=Triggers(
            pages=(PageTrigger("/pricing"),),
            manual=(ManualTrigger("upgrade"),),
            delay_seconds=0.6,
        ),
        re_show=ReShowRules(after_accept=AT_ONCE, after_decline=SOON, after_dismiss=SOON),
        texts=ResultTexts(
            succeeded="Welcome to Pro. Your plan is active from now on.",
            pending="We are setting up your plan. You will see it in a moment.",
            refused="Your plan could not be started. You have not been charged.",
            needs_visitor="One thing is missing: a card. Add one, come back here, and your plan "
            "starts. You have not been charged.",
        ),
    )


def cancel() -> PromptBody:
    message = (
        "<p><strong>At the end of the period:</strong> you keep everything until the day you "
        "have paid for, then no further payment is taken.</p>"
        "<p><strong>Now:</strong> it ends at once, and the rest of the period is not paid back.</p>"
        "<p>Your boards stay readable either way.</p>"
    )

    def ending(when: str) -> tuple[AttachedAction, ...]:
        told = "Cancelled by the customer in the shop"
        return (AttachedAction("chargify", CANCEL, {"when": when, "message": told}),)

    buttons = {
        Button.ACCEPT: ButtonBody("Cancel at period end", ending("end_of_period")),
        Button.SECONDARY_ACCEPT: ButtonBody("Cancel now", ending("now")),
        Button.DECLINE: ButtonBody("Keep my plan"),
    }
    return PromptBody(
        steps=(Step("when", "When should your plan end?", message, buttons),),
        triggers=Triggers(manual=(ManualTrigger("cancel"),)),
        re_show=ReShowRules(after_accept=AT_ONCE, after_decline=AT_ONCE, after_dismiss=AT_ONCE),
        texts=ResultTexts(
            succeeded="Your plan is cancelled. Your account shows the day it ends.",
            pending="We are cancelling your plan. You can close this: it will be done.",
            refused="Your plan could not be cancelled here. Write to us and we will do it today.",
        ),
    )


def loyalty(basic: Plan, segment: str) -> PromptBody:
    price, reduced = (f"${cents / 100:.2f}" for cents in _before_and_after(basic))
    message = (
        "<p>Thank you for planning with us. Each of your next three monthly payments: "
        f"<strong>{reduced} instead of {price}</strong>.</p>"
        f"<p>After that Basic is {price} a month again. Nothing else changes.</p>"
    )
    buttons = {
        Button.ACCEPT: ButtonBody(
            "Take 30% off", (AttachedAction("chargify", COUPON, {"coupon": COUPON_CODE}),)
        ),
        Button.DECLINE: ButtonBody("No, thank you"),
    }
    return PromptBody(
        steps=(Step("offer", "30% off for three months", message, buttons),),
        included_segments=(segment,),
        triggers=Triggers(pages=(PageTrigger("/account"),), delay_seconds=0.6),
        re_show=ReShowRules(after_decline=SOON, after_dismiss=SOON),
        texts=ResultTexts(
            succeeded=f"Done. Your next three payments are {reduced} each.",
            pending="We are adding your discount. You will see it in a moment.",
            refused="The discount could not be added. Your plan is as it was.",
        ),
    )


def _before_and_after(plan: Plan) -> tuple[int, int]:
    """STAY30 takes 30 %, as the billing site rounds it."""
    return plan.price_in_cents, round(plan.price_in_cents * 0.7)
