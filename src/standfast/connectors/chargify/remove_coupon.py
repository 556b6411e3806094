"""Take a coupon off a subscription."""

from collections.abc import Mapping

from standfast.connectors.chargify import previews
from standfast.connectors.chargify.changing import (
    Change,
    Hindrance,
    Records,
    Wish,
    cannot,
    path_of,
)
from standfast.connectors.chargify.choosing import PLAN, SUBSCRIPTION, WHICH, takes_coupon
from standfast.connectors.chargify.writing import Job
from standfast.contract.actions import (
    ActionSpec,
    Order,
    ParameterKind,
    ParameterSpec,
    Preview,
    RefusalReason,
    Refused,
    Undoing,
    UndoSpec,
)
from standfast.contract.records import BillingRecord
from standfast.contract.transport import Call, Method

SPEC = ActionSpec(
    key="remove_coupon",
    title="Remove coupon code",
    sentence="Takes a coupon off the customer's subscription, from the next charge on.",
    parameters=(
        PLAN,
        ParameterSpec(
            "coupon",
            "Coupon",
            ParameterKind.COUPON,
            "The coupon to take off. Empty: the only one there.",
        ),
        SUBSCRIPTION,
        WHICH,
    ),
    done="The coupon was removed.",
    not_done="The coupon could not be removed.",
    moves_money=True,
    has_preview=True,
    repeat_is_safe_because=(
        "every try of a run names the same code, and taking off one that is gone is refused and "
        "changes nothing"
    ),
    needs="A subscription with the coupon; without a chosen one, with exactly one coupon.",
    cost="Nothing now; later charges are without the discount.",
    undo=UndoSpec(
        "add_coupon",
        until="As long as the coupon can be added and goes with those that are there.",
        gives_not_back="The uses it had left: it begins anew.",
    ),
    calls=(
        "`DELETE /subscriptions/{id}/remove_coupon.json?coupon_code=`: the change",
        "`GET /subscriptions/{id}.json`: the answer before is one sentence",
    ),
)


def _code(record: BillingRecord, wish: Wish) -> str | None:
    """The code that was chosen, or noted before the first write, or is the only one there."""
    named = wish.wanted.get("coupon") or wish.memo.get("coupon")
    if named:
        return named.upper()
    return record.coupon_codes[0] if len(record.coupon_codes) == 1 else None


class RemoveCoupon(Change):
    spec = SPEC
    tiers = (takes_coupon,)
    was_so = "The coupon is not on it."

    def fits(self, record: BillingRecord, wish: Wish) -> bool:
        code = _code(record, wish)
        return bool(record.coupon_codes) if code is None else code in record.coupon_codes

    def is_done(self, record: BillingRecord, wish: Wish) -> bool:
        return takes_coupon(record) and not self.fits(record, wish)

    def hindrance(self, record: BillingRecord, wish: Wish, own: Records) -> Hindrance:
        if _code(record, wish) is not None:
            return None
        there = ", ".join(record.coupon_codes)
        text = f"Subscription {record.external_id} has {there}. Choose one of them in the prompt."
        return Refused(RefusalReason.PARAMETER_INVALID, text)

    def call(self, record: BillingRecord, wish: Wish, token: str) -> Call:
        """With another name than `coupon_code` the only one is taken off, whichever it is."""
        query = (("coupon_code", _code(record, wish) or ""),)
        return Call(Method.DELETE, path_of(record, "remove_coupon"), query)

    def note(self, record: BillingRecord, wish: Wish) -> Mapping[str, str]:
        return {"coupon": _code(record, wish) or ""}

    def answers_with_it(self, wish: Wish) -> bool:
        return False

    def price(self, job: Job, record: BillingRecord, wish: Wish) -> Preview:
        return previews.without_coupon(job, record, _code(record, wish))

    def undo_of(self, order: Order, reference: str) -> Undoing | Refused:
        code = order.memo.get("coupon")
        if not code:
            return cannot("Which coupon was taken off is not known. Add it in Chargify.")
        return Undoing("add_coupon", {"coupon": code, "when_present": "stack"}, reference)


REMOVE_COUPON = RemoveCoupon().action()
