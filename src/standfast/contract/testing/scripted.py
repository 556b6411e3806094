"""A connector to a `World`: the second implementation that keeps the contract honest."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from hmac import compare_digest
from typing import cast

from standfast.contract.actions import (
    Absent,
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
    RetryCause,
    RetryLater,
    Succeeded,
    Undoing,
    UndoSpec,
    Unknown,
)
from standfast.contract.catalogue import (
    CatalogueItem,
    Coupon,
    CouponDuration,
    Interval,
    IntervalUnit,
    ItemKind,
    Money,
    Plan,
)
from standfast.contract.connector import (
    Address,
    ConnectorSpec,
    Notice,
    SettingSpec,
    SiteFacts,
    WebhookSpec,
)
from standfast.contract.errors import (
    AnswerLost,
    CallFailed,
    CallRefused,
    NotSent,
    SettingsRefused,
)
from standfast.contract.records import BillingRecord, CustomerBilling, CustomerRecord, Standing
from standfast.contract.testing.world import World, read_json
from standfast.contract.transport import Answer, Call, Method, Transport

_LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
_MONTHLY = Interval(1, IntervalUnit.MONTH)
_PRICE = Money(1000, "USD")


def _text(key: str, *, required: bool) -> ParameterSpec:
    return ParameterSpec(
        key, key.capitalize(), ParameterKind.TEXT, f"The {key}.", required=required
    )


_CALLS = ("a reading of the customer, a write, and a reading of the truth",)
SPEC = ConnectorSpec(
    key="scripted",
    title="Scripted biller",
    trait="scripted_id",
    settings=(
        SettingSpec("api_key", "API key", "Any word.", secret=True),
        SettingSpec("domain", "Domain", "Any host name.", default="scripted.example"),
    ),
    actions=(
        ActionSpec(
            "create_subscription",
            "Create subscription",
            "Subscribes the customer to a plan.",
            (_text("plan", required=True), _text("coupon", required=False)),
            moves_money=True,
            needs="A customer.",
            cost="One price.",
            undo=UndoSpec("cancel_subscription", "Until it ends.", "What was charged.", True),
            calls=_CALLS,
        ),
        ActionSpec(
            "cancel_subscription",
            "Cancel subscription",
            "Cancels the customer's subscription.",
            (_text("message", required=False),),
            moves_money=False,
            needs="A live subscription.",
            cost="Nothing.",
            calls=_CALLS,
        ),
        ActionSpec(
            "add_coupon",
            "Add coupon",
            "Adds a coupon to the customer's subscription.",
            (_text("coupon", required=True),),
            moves_money=True,
            needs="A live subscription.",
            cost="Nothing.",
            calls=_CALLS,
        ),
    ),
    hosts=(".example",),
    in_flight=4,
    webhooks=WebhookSpec(
        key="api_key",
        where="At the biller: enter this address.",
        events=("changed", "card_given"),
        going_on=frozenset({"card_given"}),
    ),
)


class ScriptedConnector:
    """Drives a `World` through whatever transport it is handed.

    `world` is only a convenience: `connector.world.transport` is the transport to hand in.
    `looks_first`: before a change it looks whether this run made it, as the contract wants.
    Without it nothing but the ledger keeps a run from being performed twice, so a ledger that
    does is caught.
    """

    spec = SPEC

    def __init__(self, world: World | None = None, *, looks_first: bool = False) -> None:
        self.world = world or World()
        self._looks_first = looks_first

    def address(self, settings: Mapping[str, str], *, simulators: tuple[str, ...]) -> Address:
        key = settings.get("api_key", "")
        if not key or " " in key:
            raise SettingsRefused({"api_key": "Give one word."})
        domain = settings.get("domain") or "scripted.example"
        scheme = "http" if domain in simulators else "https"
        if scheme == "https" and not domain.endswith(".example"):
            raise SettingsRefused({"domain": "The host must end in .example."})
        return Address(f"{scheme}://{domain}", key, "x")

    def check(self, transport: Transport) -> SiteFacts:
        answer = transport.send(Call(Method.GET, "/site"))
        if answer.status == 401:
            raise SettingsRefused({"api_key": "The biller does not know this key."})
        if not answer.is_success:
            raise CallRefused(answer.status, "The biller did not tell of its site.")
        return SiteFacts("1", "World", "world", "USD", is_test=True)

    def catalogue(self, transport: Transport) -> Iterator[CatalogueItem]:
        transport.send(Call(Method.GET, "/site"))
        yield Plan("gold", "Gold", "gold", "f1", "Metals", _PRICE, _MONTHLY, False)
        yield Plan("silver", "Silver", "silver", "f1", "Metals", _PRICE, _MONTHLY, False)
        yield Coupon(
            "c1", "TEN", "Ten off", "f1", CouponDuration.ONCE, stackable=True, amount_off=_PRICE
        )

    def customers(self, transport: Transport) -> Iterator[CustomerRecord]:
        for row in _rows(transport):
            yield _customer_record(str(row["id"]))

    def records(self, transport: Transport) -> Iterator[BillingRecord]:
        for row in _rows(transport):
            yield from _billing(row).records

    def malformed_billing_id(self, settings: Mapping[str, str], billing_id: str) -> str | None:
        return None if billing_id.isalnum() else "The id must be letters and digits."

    def read_customer(
        self, transport: Transport, settings: Mapping[str, str], billing_id: str
    ) -> CustomerBilling | None:
        answer = transport.send(Call(Method.GET, f"/customers/{billing_id}"))
        if answer.status == 404:
            return None
        row = read_json(answer)
        if not answer.is_success or row is None:
            raise CallRefused(answer.status, "The biller did not tell of the customer.")
        return _billing(row)

    def obstacle(
        self,
        action: str,
        parameters: Mapping[str, str],
        *,
        billing: CustomerBilling | None,
        items: Mapping[tuple[ItemKind, str], CatalogueItem],
        now: datetime,
    ) -> Refused | None:
        return None

    def spread(
        self,
        action: str,
        parameters: Mapping[str, str],
        *,
        billing: CustomerBilling | None,
        billing_id: str,
        settings: Mapping[str, str],
    ) -> tuple[Mapping[str, str], ...]:
        return (parameters,)

    def perform(self, order: Order, desk: Desk, settings: Mapping[str, str]) -> Outcome:
        if self.malformed_billing_id(settings, order.billing_id) is not None:
            return Refused(RefusalReason.BILLING_ID_MALFORMED, "The id is no word.")
        try:
            billing = self.read_customer(desk.transport, settings, order.billing_id)
        except CallFailed as failure:
            return RetryLater(RetryCause.NOT_REACHED, str(failure))
        if billing is None:
            return Refused(RefusalReason.BILLING_ID_UNMATCHED, "The biller knows no such customer.")
        return (
            self._made_before(order, desk, settings)
            or _already(order, billing)
            or self._write(order, desk, settings)
        )

    def _made_before(self, order: Order, desk: Desk, settings: Mapping[str, str]) -> Outcome | None:
        if not self._looks_first:
            return None
        found = self.look_up(order, desk.transport, settings)
        return Succeeded(found.reference, already=True) if isinstance(found, Succeeded) else None

    def _write(self, order: Order, desk: Desk, settings: Mapping[str, str]) -> Outcome:
        try:
            answer = desk.write(_wish(order), target=order.billing_id)
        except NotSent as failure:
            return RetryLater(RetryCause.NOT_REACHED, str(failure))
        except AnswerLost as failure:
            return Unknown(str(failure))
        outcome = _outcome(answer)
        if isinstance(outcome, Succeeded):
            self._tell(order, desk, settings)
        return outcome

    def _tell(self, order: Order, desk: Desk, settings: Mapping[str, str]) -> None:
        try:
            billing = self.read_customer(desk.transport, settings, order.billing_id)
        except CallFailed:
            return
        if billing is not None:
            desk.learned(billing)

    def look_up(self, order: Order, transport: Transport, settings: Mapping[str, str]) -> Finding:
        try:
            answer = transport.send(Call(Method.GET, f"/changes/{order.reference}"))
        except CallFailed as failure:
            return Obscure(str(failure))
        if answer.status == 404:
            return Absent("The biller has no change with this reference.")
        body = read_json(answer)
        if not answer.is_success or body is None:
            return Obscure(f"The biller answered {answer.status}.")
        return Succeeded(str(body["subscription"]))

    def preview(
        self, order: Order, transport: Transport, settings: Mapping[str, str]
    ) -> Preview | Refused:
        """A World's prices are one price: due at once for a new subscription, else at renewal."""
        spec = self.spec.action(order.action)
        if spec is None or not spec.has_preview:
            return Refused(RefusalReason.OTHER, "The biller cannot tell the price of this.")
        transport.send(Call(Method.GET, f"/customers/{order.billing_id}"))
        return Preview(_PRICE, _PRICE, _LONG_AGO)

    def undo_of(self, order: Order, *, reference: str) -> Undoing | Refused:
        spec = self.spec.action(order.action)
        if spec is None or spec.undo is None:
            return Refused(RefusalReason.OTHER, "This cannot be taken back.")
        return Undoing(spec.undo.action, {}, reference)

    def page(
        self, settings: Mapping[str, str], *, billing_id: str, subscription: str | None
    ) -> str | None:
        return f"https://scripted.example/people/{billing_id}/{subscription or ''}"

    def discount(
        self,
        action: str,
        parameters: Mapping[str, str],
        *,
        billing: CustomerBilling | None,
        items: Mapping[tuple[ItemKind, str], CatalogueItem],
    ) -> Money | Refused | None:
        return _PRICE if parameters.get("coupon") else None

    def notice(
        self, headers: Mapping[str, str], body: bytes, settings: Mapping[str, str]
    ) -> Notice | None:
        """Signed with the key itself: "<key>" in the header "x-scripted-key"."""
        key = settings.get("api_key", "")
        if not key or not compare_digest(headers.get("x-scripted-key", ""), key):
            return None
        told = read_json(Answer(200, body)) or {}
        customer = told.get("customer")
        named = None if customer is None else str(customer)
        return Notice(str(told.get("id", "")), str(told.get("event", "")), named)

    def read_noticed(self, transport: Transport, notice: Notice) -> CustomerBilling | None:
        named = notice.customer
        return None if named is None else self.read_customer(transport, {}, named)


def _rows(transport: Transport) -> list[dict[str, object]]:
    answer = transport.send(Call(Method.GET, "/customers"))
    body = b'{"rows": ' + answer.body + b"}"
    rows = read_json(Answer(answer.status, body))
    if not answer.is_success or rows is None:
        raise CallRefused(answer.status, "The biller did not list its customers.")
    return cast("list[dict[str, object]]", rows["rows"])


def _customer_record(customer: str) -> CustomerRecord:
    return CustomerRecord(customer, None, _LONG_AGO, _LONG_AGO)


def _billing(row: dict[str, object]) -> CustomerBilling:
    customer = str(row["id"])
    subscriptions = cast("list[dict[str, object]]", row["subscriptions"])
    records = tuple(_record(customer, one) for one in subscriptions)
    return CustomerBilling(_customer_record(customer), records)


def _record(customer: str, row: dict[str, object]) -> BillingRecord:
    state = str(row["state"])
    return BillingRecord(
        external_id=str(row["id"]),
        customer_external_id=customer,
        state=state,
        standing=Standing.LIVE if state == "active" else Standing.ENDED,
        plan_external_id=str(row["plan"]),
        plan_name=str(row["plan"]).capitalize(),
        price_point_external_id=None,
        price=_PRICE,
        coupon_codes=tuple(cast("list[str]", row["coupons"])),
        has_payment_method=True,
        ends_at_period_end=False,
        created_at=_LONG_AGO,
        updated_at=_LONG_AGO,
    )


def _already(order: Order, billing: CustomerBilling) -> Outcome | None:
    newest = billing.records[-1] if billing.records else None
    if order.action == "create_subscription":
        return None
    if newest is None:
        return Refused(RefusalReason.NO_SUBSCRIPTION, "The customer has no subscription.")
    is_canceled = newest.standing is Standing.ENDED
    if order.action == "cancel_subscription" and is_canceled:
        return Succeeded(newest.external_id, already=True)
    if order.action == "add_coupon" and order.parameters["coupon"] in newest.coupon_codes:
        return Succeeded(newest.external_id, already=True)
    return None


def _wish(order: Order) -> Call:
    body: dict[str, object] = {
        **order.parameters,
        "action": order.action,
        "customer": order.billing_id,
        "reference": order.reference,
        "token": order.token,
    }
    return Call(Method.POST, "/changes", json=body, may_charge=True)


def _outcome(answer: Answer) -> Outcome:
    body = read_json(answer) or {}
    texts = cast("list[str]", body.get("errors") or ["no reason given"])
    match answer.status:
        case 401:
            return RetryLater(RetryCause.CREDENTIALS_REFUSED, "The biller refuses our key.")
        case 403:
            return RetryLater(RetryCause.ACCOUNT_BLOCKED, "The biller has blocked the account.")
        case 429:
            return RetryLater(
                RetryCause.THROTTLED, "The biller asks us to slow down.", after_seconds=7
            )
        case 422 if "link" in body:
            text = "The customer must confirm the payment."
            return NeedsVisitor(text, str(body["link"]), completes_it=True)
        case 422:
            return Refused(_reason(body), "; ".join(texts))
        case 200 if "subscription" in body:
            return Succeeded(str(body["subscription"]))
        case _:
            return Unknown(f"The biller answered {answer.status}.")


def _reason(body: Mapping[str, object]) -> RefusalReason:
    code = body.get("code")
    return RefusalReason(code) if isinstance(code, str) else RefusalReason.OTHER
