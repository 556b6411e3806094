"""Cancel a subscription, now or at the end of its period."""

from collections.abc import Mapping
from urllib.parse import quote

from standfast.connectors.chargify import obstacles
from standfast.connectors.chargify.choosing import (
    PLAN,
    WHICH,
    choose,
    is_canceled,
    is_lapsed,
    is_running,
)
from standfast.connectors.chargify.models import Subscription
from standfast.connectors.chargify.records import billing_record, read_subscription
from standfast.connectors.chargify.writing import (
    ActionOfChargify,
    Done,
    Job,
    Question,
    Write,
    Written,
    done,
    group_member,
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
from standfast.contract.catalogue import ItemKind
from standfast.contract.errors import CallFailed
from standfast.contract.records import BillingRecord, CustomerBilling
from standfast.contract.transport import Call, Method, Transport

SPEC = ActionSpec(
    key="cancel_subscription",
    title="Cancel subscription",
    sentence="Cancels the customer's subscription at the end of the paid period, or at once.",
    parameters=(
        PLAN,
        ParameterSpec(
            "when",
            "When",
            ParameterKind.CHOICE,
            "At once gives nothing back for the rest of the period.",
            default="end_of_period",
            choices=(
                Choice("end_of_period", "At the end of the period"),
                Choice("now", "At once"),
            ),
        ),
        ParameterSpec(
            "reason_code",
            "Reason code",
            ParameterKind.REASON_CODE,
            "Why, as Chargify's churn reports know it. A survey's answer may fill it.",
            may_be_answered=True,
        ),
        ParameterSpec(
            "message",
            "Message",
            ParameterKind.TEXT,
            "Kept with the subscription in Chargify. A form's answer may fill it.",
            may_be_answered=True,
            max_length=2000,
        ),
        WHICH,
    ),
    moves_money=False,
    repeat_is_safe_because=(
        "every try of a run names the same subscription, canceling a canceled one answers "
        "'already canceled', and scheduling the same end twice changes nothing"
    ),
)
_TIERS = (is_running, is_lapsed, is_canceled)


def prepare(job: Job) -> Write | Done:
    chosen = _chosen(job)
    if isinstance(chosen, Refused):
        return Done(chosen)
    subscription = chosen.external_id
    if _is_done(chosen, job.wanted):
        return done(job.account, subscription, f"It was {_wanted_state(job.wanted)} before.")
    hindrance = _hindrance(chosen, job.wanted)
    if hindrance is not None:
        return Done(hindrance)
    member = group_member(job.account, subscription)
    return member or Write(_call(job.order, subscription), subscription)


def _chosen(job: Job) -> BillingRecord | Refused:
    return retarget(job) or _choose(job.account.billing().records, job.wanted, job.account.named)


def _choose(
    records: tuple[BillingRecord, ...], wanted: Mapping[str, str], named: str | None = None
) -> BillingRecord | Refused:
    chosen = choose(
        records,
        plan=wanted.get("plan"),
        which=wanted.get("which", "refuse"),
        tiers=_TIERS[:2],
        named=named,
    )
    if isinstance(chosen, Refused) and chosen.reason is RefusalReason.NO_SUBSCRIPTION:
        gone = choose(
            records, plan=wanted.get("plan"), which="newest", tiers=_TIERS[2:], named=named
        )
        return chosen if isinstance(gone, Refused) else gone
    return chosen


def _is_done(record: BillingRecord, wanted: Mapping[str, str]) -> bool:
    return is_canceled(record) or (not _is_now(wanted) and record.ends_at_period_end)


def _is_now(wanted: Mapping[str, str]) -> bool:
    return wanted.get("when") == "now"


def _wanted_state(wanted: Mapping[str, str]) -> str:
    return "canceled" if _is_now(wanted) else "canceled or about to end"


def _hindrance(record: BillingRecord, wanted: Mapping[str, str]) -> Refused | None:
    """Known beforehand: no end can be scheduled while past due, or where no period runs."""
    if _is_now(wanted) or not (record.state == "past_due" or is_lapsed(record)):
        return None
    return Refused(
        RefusalReason.WRONG_STATE,
        f"Subscription {record.external_id} is {record.state}: Chargify schedules no end for it. "
        "Choose 'at once' in the prompt.",
    )


def _call(order: Order, subscription: str) -> Call:
    wanted = order.parameters
    why = {
        "reason_code": wanted.get("reason_code"),
        "cancellation_message": wanted.get("message"),
    }
    told: dict[str, object] = {key: value for key, value in why.items() if value}
    path = f"/subscriptions/{quote(subscription, safe='')}"
    if _is_now(wanted):
        body: dict[str, object] | None = {"subscription": told} if told else None
        return Call(Method.DELETE, f"{path}.json", json=body)
    body = {"uniqueness_token": order.token}
    if told:
        body["subscription"] = told
    return Call(Method.POST, f"{path}/delayed_cancel.json", json=body)


def confirm(written: Written) -> Done:
    job, target = written.job, written.target or ""
    if _is_now(job.wanted):
        after = subscription_of(written.answer)
    else:
        after = _read_back(target, job.transport)
    if after is None:  # delayed_cancel answers with a sentence alone, and the reading failed
        return Done(Succeeded(target))
    if isinstance(after, Unknown):
        return Done(after)
    if not _is_as_wanted(after, job):
        return Done(Unknown("Chargify answered yes, but the subscription is as it was."))
    return Done(Succeeded(str(after.id)), job.account.with_subscription(after))


def _read_back(subscription: str, transport: Transport) -> Subscription | None:
    try:
        return read_subscription(transport, subscription)
    except CallFailed:
        return None


def _is_as_wanted(read: Subscription, job: Job) -> bool:
    return _is_done(billing_record(read, job.account.id), job.wanted)


def look_up(order: Order, transport: Transport) -> Finding:
    if order.target is None:
        return Absent("Nothing was sent yet.")
    found = read_subscription(transport, order.target)
    if found is None:
        return Obscure(f"Chargify no longer has subscription {order.target}.")
    is_pending = not _is_now(order.parameters) and bool(found.cancel_at_end_of_period)
    if found.state == "canceled" or is_pending:
        return Succeeded(str(found.id))
    return Absent(f"Subscription {found.label} is not {_wanted_state(order.parameters)}.")


def obstacle(question: Question) -> Refused | None:
    wanted, items = question.wanted, question.items
    plan, reason = wanted.get("plan"), wanted.get("reason_code")
    if plan:
        found = obstacles.of_plan(items, plan, may_be_retired=True)
        if found is not None:
            return found
    if reason and (ItemKind.REASON_CODE, reason) not in items:
        return Refused(
            RefusalReason.PARAMETER_INVALID,
            f"The catalogue has no reason code {reason}. Sync it, or pick another.",
        )
    return None if question.billing is None else _obstacle_of(question.billing, wanted)


def _obstacle_of(billing: CustomerBilling, wanted: Mapping[str, str]) -> Refused | None:
    chosen = _choose(billing.records, wanted)
    if isinstance(chosen, Refused):
        return chosen
    if _is_done(chosen, wanted):
        return Refused(
            RefusalReason.ALREADY_DONE,
            f"Subscription {chosen.external_id} is {_wanted_state(wanted)} already.",
        )
    return _hindrance(chosen, wanted)


CANCEL_SUBSCRIPTION = ActionOfChargify(
    SPEC, prepare, confirm, look_up, obstacle, wants_it_canceled=True
)
