"""What can be done to a bill at Chargify, and how each is carried through.

An action reads, writes once, reads the answer. Reading may fail without harm; from the write on
every failure is weighed: surely nothing happened, or perhaps something did.
"""

from collections.abc import Mapping
from datetime import datetime

from standfast.connectors.chargify.add_coupon import ADD_COUPON
from standfast.connectors.chargify.cancel_subscription import CANCEL_SUBSCRIPTION
from standfast.connectors.chargify.create_subscription import CREATE_SUBSCRIPTION
from standfast.connectors.chargify.errors import AlreadyCanceled, not_sent, outcome_of, read_failed
from standfast.connectors.chargify.records import (
    IdHolds,
    malformed,
    read_account,
    read_subscription,
)
from standfast.connectors.chargify.writing import (
    ActionOfChargify,
    Done,
    Items,
    Job,
    Question,
    Write,
    Written,
    portal_link,
    refused,
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
    one.spec.key: one for one in (CREATE_SUBSCRIPTION, CANCEL_SUBSCRIPTION, ADD_COUPON)
}


def perform(order: Order, desk: Desk, settings: Mapping[str, str]) -> Outcome:
    """Carry an order through. A try that fails before the write changed nothing."""
    refusal = _unfit(order, settings)
    if refusal is not None:
        return refusal
    action = ACTIONS[order.action]
    try:
        account = read_account(desk.transport, IdHolds.of(settings), order.billing_id)
        if account is None:
            return _unmatched(settings)
        job = Job(order, account, desk.transport)
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
    if answer.is_success:
        return action.confirm(Written(job, write.target, answer))
    match outcome_of(answer):
        case AlreadyCanceled() if action.wants_it_canceled and write.target is not None:
            return _already(job, write.target)
        case AlreadyCanceled():
            return refused(
                RefusalReason.WRONG_STATE, "The subscription has been canceled in the meantime."
            )
        case NeedsVisitor(message=message, link=None):
            return Done(NeedsVisitor(message, portal_link(desk.transport, job.account.id)))
        case outcome:
            return Done(outcome)


def _already(job: Job, target: str) -> Done:
    """Somebody was faster than our reading: the truth is read once more."""
    try:
        fresh = read_subscription(job.transport, target)
    except CallFailed:
        fresh = None
    known = None if fresh is None else job.account.with_subscription(fresh)
    return Done(Succeeded(target, already=True), known)


def look_up(order: Order, transport: Transport) -> Finding:
    """What became of an earlier try, by reading only."""
    action = ACTIONS.get(order.action)
    if action is None:
        return Obscure(f"There is no action {order.action!r}.")
    try:
        return action.look_up(order, transport)
    except CallFailed as failure:
        return Obscure(str(failure))


def preview(order: Order, transport: Transport, settings: Mapping[str, str]) -> Preview | Refused:
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
    return action.preview(Job(order, account, transport))


def undo_of(order: Order, *, reference: str) -> Undoing | Refused:
    """What takes a succeeded order back."""
    action = ACTIONS.get(order.action)
    if action is None or action.undo_of is None:
        return Refused(RefusalReason.OTHER, "This action cannot be taken back.")
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
    if parameter.required and not value:
        return f"{parameter.label} is missing. Set it in the prompt."
    if len(value) > parameter.max_length:
        return f"{parameter.label} is longer than {parameter.max_length} characters."
    choices = {one.value for one in parameter.choices}
    if parameter.kind is ParameterKind.CHOICE and value and value not in choices:
        return f"{parameter.label} cannot be {value!r}. Choose one of the list."
    return None


def _unmatched(settings: Mapping[str, str]) -> Refused:
    holds = IdHolds.of(settings).replace("_", " ")
    return Refused(
        RefusalReason.BILLING_ID_UNMATCHED,
        f"Chargify knows no such {holds}. Check what chargify_id holds for this visitor.",
    )
