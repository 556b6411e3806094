"""Add a coupon code to a subscription."""

from collections.abc import Mapping
from dataclasses import replace

from standfast.connectors.chargify import obstacles, previews
from standfast.connectors.chargify.changing import (
    Change,
    Hindrance,
    Records,
    Wish,
    path_of,
    post,
)
from standfast.connectors.chargify.choosing import ALL, PLAN, SUBSCRIPTION, WHICH, takes_coupon
from standfast.connectors.chargify.writing import Job, Question
from standfast.contract.actions import (
    ActionSpec,
    Choice,
    Order,
    ParameterKind,
    ParameterSpec,
    Preview,
    RefusalReason,
    Refused,
    SpreadSpec,
    Undoing,
    UndoSpec,
)
from standfast.contract.records import BillingRecord
from standfast.contract.transport import Call, Method

SPEC = ActionSpec(
    key="add_coupon",
    title="Add coupon code",
    sentence="Adds a coupon to the customer's subscription; it counts from the next charge.",
    parameters=(
        PLAN,
        ParameterSpec(
            "coupon", "Coupon", ParameterKind.COUPON, "The coupon to add.", required=True
        ),
        ParameterSpec(
            "when_present",
            "If another coupon is there",
            ParameterKind.CHOICE,
            "Stacking needs both coupons to be stackable; replacing takes all others off.",
            default="refuse",
            choices=(
                Choice("refuse", "Refuse"),
                Choice("stack", "Add it if both stack"),
                Choice("replace", "Replace what is there"),
            ),
        ),
        SUBSCRIPTION,
        replace(
            WHICH,
            help=f"{WHICH.help} All of them: each that has it not yet, by a run of its own.",
            choices=(*WHICH.choices, Choice(ALL, "Add it to all of them")),
        ),
    ),
    done="The coupon was added.",
    not_done="The coupon could not be added.",
    moves_money=True,
    has_preview=True,
    needs="A subscription that is charged, to a plan the coupon is for.",
    cost="Nothing; it takes the discount off the next charges.",
    undo=UndoSpec(
        "remove_coupon",
        until="As long as it is on the subscription.",
        gives_not_back="Coupons that it replaced, and the discount of charges made meanwhile.",
    ),
    calls=("`POST /subscriptions/{id}/add_coupon.json`: the change; the answer holds it",),
    spread=SpreadSpec(
        WHICH.key,
        ALL,
        names=SUBSCRIPTION.key,
        partly_done="The coupon was added to some of your subscriptions, but not to all of them.",
    ),
)


def _when_present(wanted: Mapping[str, str]) -> str:
    return wanted.get("when_present") or "refuse"


def _other_coupon(record: BillingRecord) -> str:
    return (
        f"Subscription {record.external_id} has {', '.join(record.coupon_codes)}. "
        "Choose 'add it if both stack' or 'replace what is there' in the prompt."
    )


class AddCoupon(Change):
    spec = SPEC
    tiers = (takes_coupon,)
    was_so = "The coupon was on it before."

    def fits(self, record: BillingRecord, wish: Wish) -> bool:
        """Of all of them those are meant that it is not on yet."""
        return not (self.spec.may_spread(wish.wanted) and self.is_done(record, wish))

    def is_done(self, record: BillingRecord, wish: Wish) -> bool:
        return takes_coupon(record) and wish.wanted["coupon"].upper() in record.coupon_codes

    def hindrance(self, record: BillingRecord, wish: Wish, own: Records) -> Hindrance:
        if record.coupon_codes and _when_present(wish.wanted) == "refuse":
            return Refused(RefusalReason.COUPON_PRESENT, _other_coupon(record))
        return None

    def call(self, record: BillingRecord, wish: Wish, token: str) -> Call:
        """With `codes` Chargify adds; with `?code=` it replaces "all existing codes"."""
        code, path = wish.wanted["coupon"].upper(), path_of(record, "add_coupon")
        if record.coupon_codes and _when_present(wish.wanted) == "replace":
            return Call(Method.POST, path, (("code", code),), json={"uniqueness_token": token})
        return post(path, {"codes": [code]}, token)

    def of_items(self, question: Question, record: BillingRecord | None) -> Refused | None:
        """The coupon alone or with the plan that was chosen; then with the plan that they have."""
        wanted, items = question.wanted, question.items
        plan = wanted.get("plan") if record is None else record.plan_external_id
        found = obstacles.of_coupon(items, wanted["coupon"], plan, question.now)
        coupon = obstacles.coupon_of(items, wanted["coupon"])
        if found is not None or record is None or not record.coupon_codes or coupon is None:
            return found
        if _when_present(wanted) == "replace" or coupon.stackable:
            return None
        text = f"{coupon.code} does not stack, and {_other_coupon(record)}"
        return Refused(RefusalReason.COUPON_NOT_STACKABLE, text)

    def price(self, job: Job, record: BillingRecord, wish: Wish) -> Preview | Refused:
        code, replaces = wish.wanted["coupon"].upper(), _when_present(wish.wanted) == "replace"
        return previews.with_coupon(job, record, code, replaces=replaces)

    def undo_of(self, order: Order, reference: str) -> Undoing:
        return Undoing("remove_coupon", {"coupon": order.parameters["coupon"]}, reference)


ADD_COUPON = AddCoupon().action()
