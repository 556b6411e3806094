"""What states, reasons and outcomes of a run are called on pages, and what to do about them."""

from collections.abc import Mapping
from dataclasses import dataclass

from standfast.contract.actions import RefusalReason, RetryCause
from standfast.domain.action_run import Origin, RunState


@dataclass(frozen=True)
class StateWords:
    """`tone` and `sign` are of the badge; `meaning` is one sentence for the story."""

    label: str
    tone: str
    sign: str
    meaning: str


STATES: Mapping[RunState, StateWords] = {
    RunState.ACCEPTED: StateWords(
        "Accepted", "info", "clock", "The click is stored. The change is about to be made."
    ),
    RunState.RETRYING: StateWords(
        "Trying again", "warn", "refresh", "Nothing has changed yet. It is tried again by itself."
    ),
    RunState.UNKNOWN: StateWords(
        "Checking",
        "warn",
        "search",
        "The change may have been made: the answer got lost, or the customer can still confirm it "
        "at their bank. It is looked up before anything is sent again.",
    ),
    RunState.WAITING_FOR_VISITOR: StateWords(
        "Waiting for customer", "warn", "person", "The customer must act first. Nothing is charged."
    ),
    RunState.SUCCEEDED: StateWords("Done", "good", "check", "The bill is as the button said."),
    RunState.REFUSED: StateWords(
        "Refused", "bad", "ban", "Nothing was changed and nothing was charged."
    ),
    RunState.FAILED: StateWords(
        "Failed", "bad", "cross", "It could not be done in time. Nothing was changed."
    ),
    RunState.CANCELLED: StateWords("Cancelled", "neutral", "stop", "It was not tried any more."),
    RunState.NEEDS_OPERATOR: StateWords(
        "Needs a person",
        "bad",
        "flag",
        "Nobody could find out whether the change was made. A person looks at the billing system "
        "and records it.",
    ),
}

# What an operator does about a refusal.
REMEDIES: Mapping[RefusalReason, str] = {
    RefusalReason.BILLING_ID_MISSING: "Send the customer's billing id with the signed visitor "
    "token, through the server API, or as a CSV import.",
    RefusalReason.BILLING_ID_MALFORMED: "Check which kind of id your app sends, and what the "
    "connector's settings say the trait holds.",
    RefusalReason.BILLING_ID_UNMATCHED: "Check the id your app sends for this visitor: the "
    "billing system knows no such customer.",
    RefusalReason.BILLING_ID_FOREIGN: "The id belongs to somebody else at the billing system. "
    "Check where your app takes it from.",
    RefusalReason.NO_SUBSCRIPTION: "The customer has no subscription this change could be made "
    "to. Show the prompt to subscribers only.",
    RefusalReason.SEVERAL_SUBSCRIPTIONS: "The customer has several subscriptions that fit. Name a "
    "plan in the prompt, or say which one to take.",
    RefusalReason.ALREADY_DONE: "Nothing to do: it was like that before.",
    RefusalReason.ALREADY_SUBSCRIBED: "The customer has this plan. Exclude its subscribers from "
    "the prompt, or allow another subscription.",
    RefusalReason.WRONG_STATE: "The subscription's state does not allow this change now. Look at "
    "it in the billing system.",
    RefusalReason.PLAN_UNKNOWN: "Choose a plan of the catalogue in the prompt.",
    RefusalReason.PLAN_RETIRED: "The plan is sold no more. Choose another one in the prompt.",
    RefusalReason.COUPON_UNKNOWN: "Check the coupon in the prompt: it must be in the catalogue, "
    "and to be removed it must be on the subscription.",
    RefusalReason.COUPON_EXPIRED: "The coupon's time is over. Choose another one in the prompt.",
    RefusalReason.COUPON_RETIRED: "The coupon is archived. Choose another one in the prompt.",
    RefusalReason.COUPON_NOT_FOR_PLAN: "The coupon is not meant for the customer's plan. Name the "
    "plans it fits in the prompt.",
    RefusalReason.COUPON_NOT_STACKABLE: "The coupons cannot be combined. Let the new one replace "
    "the old one in the prompt, or choose stackable coupons.",
    RefusalReason.COUPON_PRESENT: "The customer has another coupon. Say in the prompt whether to "
    "stack or to replace it.",
    RefusalReason.PAYMENT_DECLINED: "Once the customer has given another payment method, run it "
    "again.",
    RefusalReason.PARAMETER_INVALID: "Open the prompt and mend the action's settings.",
    RefusalReason.CONNECTION_INACTIVE: "Switch the connection on, or pause the prompt.",
    RefusalReason.OFFER_CHANGED: "The prompt was changed between showing and clicking. The next "
    "visit shows the new one.",
    RefusalReason.QUOTE_REFUSED: "The price must be shown anew. The customer reads it and accepts "
    "again.",
    RefusalReason.LIMIT_REACHED: "As many have accepted as the prompt allows. Raise the limit in "
    "the prompt, or end it.",
    RefusalReason.BUDGET_EXHAUSTED: "The prompt's discount budget is spent. Raise it in the "
    "prompt, or end the prompt.",
    RefusalReason.SITE_DOWN: "The billing system did not answer, and the prompt does not wait for "
    "it. Run it again when it answers.",
    RefusalReason.OTHER: "The billing system's whole answer stands below. If it does not help, "
    "look at the customer there.",
}

# What an operator does about a state that does not end well by itself.
ADVICE: Mapping[RunState, str] = {
    RunState.FAILED: "Nothing was charged. The customer can accept again when the prompt is shown "
    "to them next.",
    RunState.NEEDS_OPERATOR: "Look at the customer in the billing system and record below whether "
    "it happened. If it did not, it can be run again.",
    RunState.WAITING_FOR_VISITOR: "Nothing yet: the customer has been told what to do. If they do "
    "not come back within a day, it is looked up once more, or cancelled.",
}
UNSEEN = (
    "The customer does not see this run, so ask them. If it is not done within a day, the change "
    "is cancelled."
)

CAUSES: Mapping[RetryCause, str] = {
    RetryCause.NOT_REACHED: "It could not be reached.",
    RetryCause.THROTTLED: "It asked to slow down.",
    RetryCause.CREDENTIALS_REFUSED: "It did not accept the API key.",
    RetryCause.ACCOUNT_BLOCKED: "It has blocked the account.",
}

UNDONE = StateWords("Undone", "neutral", "undo", "It was done, and has been taken back since.")
OTHER_PRICE = "It was done, but not at the price that was shown."
TAKEN_BACK = "What an earlier run changed has been taken back."

# What a run that an operator began is called beside its action.
ORIGINS: Mapping[Origin, str] = {Origin.CLICK: "", Origin.UNDO: "Undo", Origin.AGAIN: "Run again"}

SOURCES: Mapping[str, str] = {
    "token": "from the signed visitor token",
    "server": "from the server API",
    "csv": "from a CSV import",
    "auto_map": "matched by customer reference",
}


def remedy(reason: str | None) -> str:
    """What to do about a refusal; empty where nothing is known of it."""
    known = {one.value for one in RefusalReason}
    return REMEDIES[RefusalReason(reason)] if reason in known else ""


def cause(value: object) -> str:
    known = {one.value for one in RetryCause}
    return CAUSES[RetryCause(str(value))] if str(value) in known else ""
