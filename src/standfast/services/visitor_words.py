"""What a visitor reads of a refusal where the prompt's author wrote nothing of their own."""

from collections.abc import Mapping

from standfast.contract.actions import RefusalReason
from standfast.domain.prompt import ResultTexts

R = RefusalReason

_GONE = "This offer is no longer available."
_USED_UP = "This offer is used up."
_NOT_BOTH = "It cannot be combined with the discount you have."

# What the visitor can understand or mend. The rest is between the operator and the billing system.
REASONS: Mapping[RefusalReason, str] = {
    R.PAYMENT_DECLINED: "The payment was declined: please check your payment method.",
    R.WRONG_STATE: "Your subscription does not allow it at the moment.",
    R.NO_SUBSCRIPTION: "We found no subscription of yours to change.",
    R.SEVERAL_SUBSCRIPTIONS: "You have several subscriptions, and it is not clear which is meant.",
    R.ALREADY_SUBSCRIBED: "You have this plan already.",
    R.PLAN_UNKNOWN: _GONE,
    R.PLAN_RETIRED: _GONE,
    R.COUPON_UNKNOWN: _GONE,
    R.COUPON_EXPIRED: _GONE,
    R.COUPON_RETIRED: _GONE,
    R.OFFER_CHANGED: _GONE,
    R.COUPON_NOT_FOR_PLAN: "It is not meant for your plan.",
    R.COUPON_NOT_STACKABLE: _NOT_BOTH,
    R.COUPON_PRESENT: _NOT_BOTH,
    R.LIMIT_REACHED: _USED_UP,
    R.BUDGET_EXHAUSTED: _USED_UP,
    R.SITE_DOWN: "Our billing does not answer right now.",
}


def refused_words(texts: ResultTexts, reason: str | None) -> str:
    """An author's own words stand alone; ours are followed by why, where a visitor may know."""
    if texts.refused != ResultTexts().refused or reason not in set(RefusalReason):
        return texts.refused
    return f"{texts.refused} {REASONS.get(RefusalReason(reason), '')}".strip()
