"""What can be done to a bill at Chargify, and how each is carried through.

An action reads, writes once, reads the answer. Reading may fail without harm; from the write on
every failure is weighed: surely nothing happened, or perhaps something did.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime

from standfast.connectors.chargify.add_coupon import ADD_COUPON
from standfast.connectors.chargify.cancel_subscription import CANCEL_SUBSCRIPTION
from standfast.connectors.chargify.create_subscription import CREATE_SUBSCRIPTION
from standfast.connectors.chargify.errors import AlreadyCanceled, not_sent, outcome_of, read_failed
from standfast.connectors.chargify.extend_trial import EXTEND_TRIAL
from standfast.connectors.chargify.models import Subscription
from standfast.connectors.chargify.pause import PAUSE
from standfast.connectors.chargify.portal import Portal
from standfast.connectors.chargify.reactivate import REACTIVATE
from standfast.connectors.chargify.records import (
    IdHolds,
    malformed,
    read_account,
    read_subscription,
)
from standfast.connectors.chargify.remove_coupon import REMOVE_COUPON
from standfast.connectors.chargify.resume import RESUME
from standfast.connectors.chargify.retry_payment import RETRY_PAYMENT
from standfast.connectors.chargify.switch_plan import SWITCH_PLAN
from standfast.connectors.chargify.undo_cancellation import UNDO_CANCELLATION
from standfast.connectors.chargify.undo_plan_change import UNDO_PLAN_CHANGE
from standfast.connectors.chargify.writing import (
    ActionOfChargify,
    Done,
    Items,
    Job,
    Question,
    Write,
    Written,
)
from standfast.contract.actions import (
    ActionSpec,
    Desk,
    Finding,
    NeedsVisitor,
    Obscure,
    Order,
    Outcome,
    ParameterKind,
    ParameterSpec,
    Preview,
    RefusalReason,
    Refused,
    Succeeded,
    Undoing,
    Unknown,
)
from standfast.contract.errors import AnswerLost, CallFailed, NotSent
from standfast.contract.records import CustomerBilling
from standfast.contract.transport import Transport

ACTIONS: Mapping[str, ActionOfChargify] = {
    one.spec.key: one
    for one in (
        CREATE_SUBSCRIPTION,
        CANCEL_SUBSCRIPTION,
        ADD_COUPON,
        UNDO_CANCELLATION,
        REACTIVATE,
        SWITCH_PLAN,
        UNDO_PLAN_CHANGE,
        PAUSE,
        RESUME,
        EXTEND_TRIAL,
        REMOVE_COUPON,
        RETRY_PAYMENT,
    )
}
_MAY_BE_SO = frozenset({
    RefusalReason.WRONG_STATE,
    RefusalReason.COUPON_UNKNOWN,
    RefusalReason.COUPON_PRESENT,
})  # fmt: skip
"""Refusals that come too when somebody was faster and it is as wanted by now."""


def perform(order: Order, desk: Desk, settings: Mapping[str, str], portal: Portal) -> Outcome:
    """Carry an order through. A try that fails before the write changed nothing."""
    refusal = _unfit(order, settings)
    if refusal is not None:
        return refusal
    action = ACTIONS[order.action]
    try:
        account = read_account(desk.transport, IdHolds.of(settings), order.billing_id)
        if account is None:
            return _unmatched(settings)
        job = Job(order, account, desk.transport, portal)
        prepared = action.prepare(job)
    except CallFailed as failure:
        return read_failed(failure)
    done = _write(action, job, prepared, desk) if isinstance(prepared, Write) else prepared
    if done.account is not None:
        desk.learned(done.account.billing())
    return done.outcome


def _write(action: ActionOfChargify, job: Job, write: Write, desk: Desk) -> Done:
    try:
        answer = desk.write(write.call, target=write.target, memo=write.memo)
    except NotSent as failure:
        return Done(not_sent(failure))
    except AnswerLost as failure:
        return Done(Unknown(str(failure)))
    memo = job.order.memo or write.memo
    if answer.is_success:
        return action.confirm(Written(job, write.target, answer, memo))
    match outcome_of(answer):
        case AlreadyCanceled() if action.wants_it_canceled and write.target is not None:
            return _already(job, write.target)
        case AlreadyCanceled():
            text = "Chargify says: The subscription is already canceled."
            why = "It was not when this run read it just before."
            return Done(Refused(RefusalReason.WRONG_STATE, f"{text} {why}"))
        case NeedsVisitor(message=message, link=None):
            return job.needs_visitor(message)
        case Refused() as refusal if refusal.reason in _MAY_BE_SO and write.target is not None:
            return _so_or(refusal, action, job, write.target, memo)
        case outcome:
            return Done(outcome)


def _already(job: Job, target: str) -> Done:
    """Somebody was faster than our reading: the truth is read once more."""
    fresh = _fresh(job, target)
    known = None if fresh is None else job.account.with_subscription(fresh)
    return Done(Succeeded(target, already=True), known)


def _so_or(
    refusal: Refused, action: ActionOfChargify, job: Job, target: str, memo: Mapping[str, str]
) -> Done:
    """A success after all, when the subscription is found as the order wants it."""
    fresh, order = _fresh(job, target), replace(job.order, memo=memo)
    if fresh is None or action.is_so is None or not action.is_so(fresh, order):
        return Done(refusal)
    return Done(Succeeded(target, already=True), job.account.with_subscription(fresh))


def _fresh(job: Job, target: str) -> Subscription | None:
    try:
        return read_subscription(job.transport, target)
    except CallFailed:
        return None


def look_up(order: Order, transport: Transport) -> Finding:
    """What became of an earlier try, by reading only."""
    action = ACTIONS.get(order.action)
    if action is None:
        return Obscure(f"There is no action {order.action!r}.")
    try:
        return action.look_up(order, transport)
    except CallFailed as failure:
        return Obscure(str(failure))


def preview(
    order: Order, transport: Transport, settings: Mapping[str, str], portal: Portal
) -> Preview | Refused:
    """What an order would cost. Raises `CallFailed`."""
    refusal = _unfit(order, settings)
    if refusal is not None:
        return refusal
    action = ACTIONS[order.action]
    if action.preview is None:
        return Refused(RefusalReason.OTHER, "Chargify cannot tell the price of this beforehand.")
    account = read_account(transport, IdHolds.of(settings), order.billing_id)
    if account is None:
        return _unmatched(settings)
    return action.preview(Job(order, account, transport, portal))


def undo_of(order: Order, *, reference: str) -> Undoing | Refused:
    """What takes a succeeded order back."""
    action = ACTIONS.get(order.action)
    if action is None or action.undo_of is None:
        return Refused(RefusalReason.OTHER, "This action cannot be taken back.")
    if not order.memo:
        return Refused(RefusalReason.OTHER, "This run changed nothing: it was as wanted before.")
    return action.undo_of(order, reference)


def obstacle(
    action: str,
    parameters: Mapping[str, str],
    *,
    billing: CustomerBilling | None,
    items: Items,
    now: datetime,
) -> Refused | None:
    known = ACTIONS.get(action)
    if known is None:
        return _no_such_action(action)
    return _invalid(known.spec, parameters) or known.obstacle(
        Question(parameters, billing, items, now)
    )


def spread(
    action: str,
    parameters: Mapping[str, str],
    *,
    billing: CustomerBilling | None,
    named: str | None,
) -> tuple[Mapping[str, str], ...]:
    """One set for each subscription that is meant by 'all of them', else the parameters alone.

    `named`: the subscription that `chargify_id` names, if that is what it holds.
    """
    known = ACTIONS.get(action)
    if known is None or known.each is None or billing is None:
        return (parameters,)
    each = known.each(billing.records, parameters, named)
    sets = [{**parameters, "subscription": one.external_id, "which": "refuse"} for one in each]
    return tuple(sets) or (parameters,)


def _unfit(order: Order, settings: Mapping[str, str]) -> Refused | None:
    """Why an order is refused before anything is read."""
    action = ACTIONS.get(order.action)
    if action is None:
        return _no_such_action(order.action)
    if not order.billing_id:
        return Refused(
            RefusalReason.BILLING_ID_MISSING, "The visitor has no chargify_id. Send it first."
        )
    problem = malformed(IdHolds.of(settings), order.billing_id)
    if problem is not None:
        return Refused(RefusalReason.BILLING_ID_MALFORMED, problem)
    return _invalid(action.spec, order.parameters)


def _no_such_action(key: str) -> Refused:
    return Refused(RefusalReason.PARAMETER_INVALID, f"Chargify has no action {key!r}.")


def _invalid(spec: ActionSpec, parameters: Mapping[str, str]) -> Refused | None:
    problems = (_problem(one, parameters.get(one.key, "")) for one in spec.parameters)
    found = next((one for one in problems if one is not None), None)
    return None if found is None else Refused(RefusalReason.PARAMETER_INVALID, found)


def _problem(parameter: ParameterSpec, value: str) -> str | None:
    if not value:
        text = f"{parameter.label} is missing. Set it in the prompt."
        return text if parameter.required else None
    if len(value) > parameter.max_length:
        return f"{parameter.label} is longer than {parameter.max_length} characters."
    match parameter.kind:
        case ParameterKind.CHOICE if value not in {one.value for one in parameter.choices}:
            return f"{parameter.label} cannot be {value!r}. Choose one of the list."
        case ParameterKind.NUMBER:
            return _not_a_number(parameter, value)
        case ParameterKind.DATE if not _is_day(value):
            return f"{parameter.label}: {value!r} is no day. Write it as 2027-01-31."
        case _:
            return None


def _not_a_number(parameter: ParameterSpec, value: str) -> str | None:
    if re.fullmatch(r"-?[0-9]{1,9}", value) is None:
        return f"{parameter.label} must be a whole number, not {value!r}."
    least, most = parameter.least, parameter.most
    if (least is not None and int(value) < least) or (most is not None and int(value) > most):
        return f"{parameter.label} must be {least} to {most}, not {value}."
    return None


def _is_day(value: str) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _unmatched(settings: Mapping[str, str]) -> Refused:
    holds = IdHolds.of(settings).replace("_", " ")
    return Refused(
        RefusalReason.BILLING_ID_UNMATCHED,
        f"Chargify knows no such {holds}. Check what chargify_id holds for this visitor.",
    )
