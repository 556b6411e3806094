"""Subscribe a customer to a plan."""

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import quote

from standfast.connectors.chargify import obstacles, previews, reactivate
from standfast.connectors.chargify.choosing import is_live, is_running, newest
from standfast.connectors.chargify.errors import ensure_read, is_missing
from standfast.connectors.chargify.models import (
    PaymentProfile,
    Product,
    ProductBody,
    read_as,
)
from standfast.connectors.chargify.payment_methods import usable_profile
from standfast.connectors.chargify.records import Account, billing_record, find_subscription
from standfast.connectors.chargify.writing import (
    REVENUE,
    ActionOfChargify,
    Done,
    Job,
    Question,
    Write,
    Written,
    charged,
    done,
    number_or_text,
    refused,
    subscription_of,
)
from standfast.contract.actions import (
    Absent,
    ActionSpec,
    Choice,
    Finding,
    Order,
    ParameterKind,
    ParameterSpec,
    Preview,
    RefusalReason,
    Refused,
    Succeeded,
    UndoSpec,
    Unknown,
)
from standfast.contract.records import BillingRecord
from standfast.contract.transport import Call, Method, Transport

SPEC = ActionSpec(
    key="create_subscription",
    title="Create subscription",
    sentence="Subscribes the customer to a plan, charged to the payment method they have on file.",
    parameters=(
        ParameterSpec(
            "plan", "Plan", ParameterKind.PLAN, "The plan to subscribe them to.", required=True
        ),
        ParameterSpec(
            "price_point",
            "Price point",
            ParameterKind.PRICE_POINT,
            "One price of the plan. Empty: its default price.",
        ),
        ParameterSpec(
            "coupon",
            "Coupon",
            ParameterKind.COUPON,
            "A coupon to begin with. It must belong to the plan's family.",
        ),
        ParameterSpec(
            "when_live",
            "If they have this plan",
            ParameterKind.CHOICE,
            "What to do when the customer has a running subscription to this plan.",
            default="refuse",
            choices=(
                Choice("refuse", "Refuse"),
                Choice("allow", "Create another one"),
            ),
        ),
        ParameterSpec(
            "when_ended",
            "If they had this plan",
            ParameterKind.CHOICE,
            "What to do when a subscription to this plan was canceled. Reactivating goes on with a "
            "paid period, else charges a new one; it takes no coupon.",
            default="create",
            choices=(
                Choice("create", "Create a new one"),
                Choice("reactivate", "Reactivate the newest of them"),
            ),
        ),
    ),
    done="Your subscription was started.",
    not_done="The subscription could not be started.",
    moves_money=True,
    has_preview=True,
    needs="A payment method on file, where the plan wants one; else the visitor is asked for it.",
    cost="The plan's first charge at once, less the coupon; nothing where a trial begins free.",
    undo=UndoSpec(
        "cancel_subscription",
        until="As long as it runs; it is canceled at once.",
        gives_not_back="What it charged: Chargify pays nothing back by itself.",
    ),
    calls=(
        "`GET /payment_profiles.json?customer_id=`: which payment method pays",
        "`POST /subscriptions.json`: the change; the answer holds it",
    ),
)


def prepare(job: Job) -> Write | Done:
    """Nothing to do when this run's subscription is there; else the order for a new one."""
    impossible = _coupon_with_reactivating(job.wanted)
    if impossible is not None:
        return Done(impossible)
    made = _made_before(job)
    if made is not None:
        return made
    live = _running_ones(job.account.billing().records, job.wanted["plan"])
    if live and job.wanted.get("when_live") != "allow":
        return refused(RefusalReason.ALREADY_SUBSCRIBED, _has_already(live))
    ended = _to_bring_back(job)
    if ended is not None and not live:
        return reactivate.CHANGE.prepare(_naming(job, ended))
    if job.order.target is not None:  # an earlier try meant to reactivate: never create as well
        text = f"Subscription {job.order.target} cannot be reactivated any more."
        return refused(RefusalReason.WRONG_STATE, f"{text} Look at it in Chargify.")
    profile = usable_profile(job.account, job.transport)
    if profile is None:
        hindrance = _hindrance_without_profile(job)
        if hindrance is not None:
            return hindrance
    return Write(_call(job.order, job.account, profile), target=None, memo={REVENUE: "0"})


def _made_before(job: Job) -> Done | None:
    """By an earlier try of this run, or by the bank's check that it led the visitor to."""
    for one in job.account.subscriptions:
        if one.reference == job.order.reference and one.state == "failed_to_create":
            return refused(RefusalReason.PAYMENT_DECLINED, "Chargify could not create it.")
        if one.reference == job.order.reference:
            return done(job.account, str(one.id), "An earlier try of this run created it.")
        if str(one.id) == job.order.target and is_live(billing_record(one, job.account.id)):
            return done(job.account, str(one.id), "An earlier try of this run reactivated it.")
    return None


def _to_bring_back(job: Job) -> BillingRecord | None:
    """What an earlier try of this run reactivated, else the newest that was canceled."""
    wanted, records = job.wanted, job.account.billing().records
    if wanted.get("when_ended") != "reactivate":
        return None
    price_point = wanted.get("price_point")
    ended = [
        one
        for one in records
        if reactivate.CAN_COME_BACK(one)
        and one.plan_external_id == wanted["plan"]
        and price_point in {None, "", one.price_point_external_id}
        and job.order.target in {None, one.external_id}
    ]
    return newest(ended) if ended else None


def _naming(job: Job, ended: BillingRecord) -> Job:
    """As `reactivate` is asked, so with the same memo, refusals and price."""
    named = replace(job.order, target=ended.external_id, parameters={})
    return replace(job, order=named)


def _call(order: Order, account: Account, profile: PaymentProfile | None) -> Call:
    subscription = _wanted(order, account) | {"reference": order.reference}
    if profile is not None:
        subscription["payment_profile_id"] = profile.id
    body = {"subscription": subscription, "uniqueness_token": order.token}
    return Call(Method.POST, "/subscriptions.json", json=body, may_charge=True)


def _wanted(order: Order, account: Account) -> dict[str, object]:
    """What is ordered, without the run's own name for it and without the card."""
    wanted = order.parameters
    subscription: dict[str, object] = {
        "product_id": number_or_text(wanted["plan"]),
        "customer_id": account.customer.id,
    }
    if wanted.get("price_point"):
        subscription["product_price_point_id"] = number_or_text(wanted["price_point"])
    if wanted.get("coupon"):
        subscription["coupon_codes"] = [wanted["coupon"].upper()]
    return subscription


def _hindrance_without_profile(job: Job) -> Done | None:
    """Only asked when there is no usable payment method: does the plan want one?"""
    plan = job.wanted["plan"]
    path = f"/products/{quote(plan, safe='')}.json"
    answer = job.transport.send(Call(Method.GET, path))
    if is_missing(answer):
        return refused(
            RefusalReason.PLAN_UNKNOWN,
            f"Chargify has no product {plan}. Pick another plan in the prompt.",
        )
    product = read_as(ensure_read(answer).body, ProductBody).product
    if product.archived_at is not None:
        return refused(RefusalReason.PLAN_RETIRED, _is_archived(product))
    if not product.require_credit_card:
        return None
    return job.needs_visitor("The plan wants a payment method, and none that is usable is on file.")


def _is_archived(product: Product) -> str:
    return f"{product.name} is archived in Chargify. Pick another plan in the prompt."


def confirm(written: Written) -> Done:
    if written.target is not None:
        return reactivate.CHANGE.confirm(written)
    created = subscription_of(written.answer)
    if isinstance(created, Unknown):
        return Done(created)
    if created.state == "failed_to_create":
        return refused(RefusalReason.PAYMENT_DECLINED, "Chargify could not create it.")
    outcome = Succeeded(str(created.id), charged=charged(written.memo, created))
    return Done(outcome, written.job.account.with_subscription(created))


def look_up(order: Order, transport: Transport) -> Finding:
    """A new one is known by the run's reference, a reactivated one by its state."""
    if order.target is not None:
        return reactivate.CHANGE.look_up(order, transport)
    found = find_subscription(transport, order.reference)
    if found is None or found.state == "failed_to_create":
        return Absent("Chargify has no subscription with this run's reference.")
    return Succeeded(str(found.id), charged=charged(order.memo, found))


def obstacle(question: Question) -> Refused | None:
    wanted, items = question.wanted, question.items
    plan = wanted["plan"]
    found = (
        _coupon_with_reactivating(wanted)
        or obstacles.of_plan(items, plan)
        or obstacles.of_price_point(items, wanted.get("price_point"), plan)
        or obstacles.of_coupon(items, wanted.get("coupon"), plan, question.now)
    )
    if found is not None or question.billing is None or wanted.get("when_live") == "allow":
        return found
    live = _running_ones(question.billing.records, plan)
    return Refused(RefusalReason.ALREADY_SUBSCRIBED, _has_already(live)) if live else None


def _coupon_with_reactivating(wanted: Mapping[str, str]) -> Refused | None:
    """What Chargify may drop silently is not promised: "an unknown coupon_code did not fail"."""
    if wanted.get("when_ended") != "reactivate" or not wanted.get("coupon"):
        return None
    return Refused(
        RefusalReason.PARAMETER_INVALID,
        "Reactivating takes no coupon. Take it out, and attach 'Add coupon code' after this.",
    )


def _running_ones(records: tuple[BillingRecord, ...], plan: str) -> list[BillingRecord]:
    return [one for one in records if one.plan_external_id == plan and is_running(one)]


def _has_already(live: list[BillingRecord]) -> str:
    one = live[0]
    return (
        f"The customer has subscription {one.external_id} ({one.plan_name}, {one.state}) to this "
        "plan. Choose 'create another one' if that is meant."
    )


def preview(job: Job) -> Preview | Refused:
    """Of a new one, or of the one that would be brought back; no payment method is needed."""
    impossible = _coupon_with_reactivating(job.wanted)
    if impossible is not None:
        return impossible
    live = _running_ones(job.account.billing().records, job.wanted["plan"])
    if live and job.wanted.get("when_live") != "allow":
        return Refused(RefusalReason.ALREADY_SUBSCRIBED, _has_already(live))
    ended = _to_bring_back(job)
    if ended is not None and not live:
        return reactivate.CHANGE.preview(_naming(job, ended))
    return previews.created(job, _wanted(job.order, job.account))


CREATE_SUBSCRIPTION = ActionOfChargify(
    SPEC,
    prepare,
    confirm,
    look_up,
    obstacle,
    is_so=reactivate.CHANGE.is_so,
    preview=preview,
    undo_of=reactivate.CHANGE.undo_of,
)
