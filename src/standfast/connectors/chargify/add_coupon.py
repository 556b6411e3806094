"""Add a coupon code to a subscription."""

from collections.abc import Mapping
from urllib.parse import quote

from standfast.connectors.chargify import obstacles
from standfast.connectors.chargify.choosing import PLAN, WHICH, choose, takes_coupon
from standfast.connectors.chargify.records import read_subscription
from standfast.connectors.chargify.writing import (
    ActionOfChargify,
    Done,
    Items,
    Job,
    Question,
    Write,
    Written,
    done,
    group_member,
    refused,
    retarget,
    subscription_of,
)
from standfast.contract.actions import (
    Absent,
    ActionSpec,
    Choice,
    Finding,
    Obscure,
    Order,
    ParameterKind,
    ParameterSpec,
    RefusalReason,
    Refused,
    Succeeded,
    Unknown,
)
from standfast.contract.records import BillingRecord
from standfast.contract.transport import Call, Method, Transport

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
        WHICH,
    ),
    moves_money=True,
)


def prepare(job: Job) -> Write | Done:
    chosen = retarget(job) or _choose(job.account.billing().records, job.wanted, job.account.named)
    if isinstance(chosen, Refused):
        return Done(chosen)
    subscription = chosen.external_id
    if _has_coupon(chosen, job.wanted):
        return done(job.account, subscription, "The coupon was on it before.")
    if chosen.coupon_codes and _when_present(job.wanted) == "refuse":
        return refused(RefusalReason.COUPON_PRESENT, _other_coupon(chosen))
    member = group_member(job.account, subscription)
    return member or Write(_call(job.order, chosen), target=subscription)


def _choose(
    records: tuple[BillingRecord, ...], wanted: Mapping[str, str], named: str | None = None
) -> BillingRecord | Refused:
    return choose(
        records,
        plan=wanted.get("plan"),
        which=wanted.get("which", "refuse"),
        tiers=(takes_coupon,),
        named=named,
    )


def _has_coupon(record: BillingRecord, wanted: Mapping[str, str]) -> bool:
    return wanted["coupon"].upper() in record.coupon_codes


def _when_present(wanted: Mapping[str, str]) -> str:
    return wanted.get("when_present") or "refuse"


def _other_coupon(record: BillingRecord) -> str:
    return (
        f"Subscription {record.external_id} has {', '.join(record.coupon_codes)}. "
        "Choose 'add it if both stack' or 'replace what is there' in the prompt."
    )


def _call(order: Order, chosen: BillingRecord) -> Call:
    """With `codes` Chargify adds; with `?code=` it replaces "all existing codes"."""
    code = order.parameters["coupon"].upper()
    path = f"/subscriptions/{quote(chosen.external_id, safe='')}/add_coupon.json"
    body: dict[str, object] = {"uniqueness_token": order.token}
    if chosen.coupon_codes and _when_present(order.parameters) == "replace":
        return Call(Method.POST, path, (("code", code),), json=body)
    return Call(Method.POST, path, json={"codes": [code], **body})


def confirm(written: Written) -> Done:
    job, after = written.job, subscription_of(written.answer)
    if isinstance(after, Unknown):
        return Done(after)
    if job.wanted["coupon"].upper() not in after.coupons:
        return Done(Unknown("Chargify answered yes, but the coupon is not on the subscription."))
    return Done(Succeeded(str(after.id)), job.account.with_subscription(after))


def look_up(order: Order, transport: Transport) -> Finding:
    if order.target is None:
        return Absent("Nothing was sent yet.")
    found = read_subscription(transport, order.target)
    if found is None:
        return Obscure(f"Chargify no longer has subscription {order.target}.")
    if order.parameters["coupon"].upper() in found.coupons:
        return Succeeded(str(found.id))
    return Absent(f"The coupon is not on subscription {found.label}.")


def obstacle(question: Question) -> Refused | None:
    wanted, items, now = question.wanted, question.items, question.now
    plan, code = wanted.get("plan"), wanted["coupon"]
    found = obstacles.of_plan(items, plan, may_be_retired=True) if plan else None
    found = found or obstacles.of_coupon(items, code, plan, now)
    if found is not None or question.billing is None:
        return found
    chosen = _choose(question.billing.records, wanted)
    if isinstance(chosen, Refused):
        return chosen
    not_for_it = obstacles.of_coupon(items, code, chosen.plan_external_id, now)
    return not_for_it or _obstacle_of_present(items, chosen, wanted)


def _obstacle_of_present(
    items: Items, chosen: BillingRecord, wanted: Mapping[str, str]
) -> Refused | None:
    if _has_coupon(chosen, wanted):
        return Refused(
            RefusalReason.ALREADY_DONE,
            f"Subscription {chosen.external_id} has {wanted['coupon']} already.",
        )
    if not chosen.coupon_codes or _when_present(wanted) == "replace":
        return None
    if _when_present(wanted) == "refuse":
        return Refused(RefusalReason.COUPON_PRESENT, _other_coupon(chosen))
    coupon = obstacles.coupon_of(items, wanted["coupon"])
    if coupon is not None and not coupon.stackable:
        return Refused(
            RefusalReason.COUPON_NOT_STACKABLE,
            f"{coupon.code} does not stack, and {_other_coupon(chosen)}",
        )
    return None


ADD_COUPON = ActionOfChargify(SPEC, prepare, confirm, look_up, obstacle)
