"""The plug: what a billing system's connector must offer."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from standfast.contract.actions import (
    ActionSpec,
    Choice,
    Desk,
    Finding,
    Order,
    Outcome,
    Preview,
    Refused,
    Undoing,
)
from standfast.contract.catalogue import CatalogueItem, ItemKind, Money
from standfast.contract.records import BillingRecord, CustomerBilling, CustomerRecord
from standfast.contract.transport import Transport


@dataclass(frozen=True)
class SettingSpec:
    """One field of the connection form. `secret` values are write-only and encrypted at rest."""

    key: str
    label: str
    help: str
    required: bool = True
    secret: bool = False
    default: str | None = None
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True)
class Address:
    """Where a site is reached and how calls to it are authorised.

    `base_url` has no trailing slash. `username` and `password` are for HTTP Basic; they never
    appear in a repr.
    """

    base_url: str
    username: str
    password: str

    def __repr__(self) -> str:
        return f"Address({self.base_url!r}, ***)"


@dataclass(frozen=True)
class WebhookSpec:
    """What a connector's webhooks need to be taken.

    `key` is the secret setting that signs them: without a value in it none is taken. `where` is
    a sentence that says where to enter our address at the billing system. `events` are those
    worth a delivery. After one of `going_on` a customer may have done what a run waits for.
    """

    key: str
    where: str
    events: tuple[str, ...]
    going_on: frozenset[str]


@dataclass(frozen=True)
class ConnectorSpec:
    """What the rest of the product must know about a connector.

    `trait` is the visitor trait every action needs. `hosts` are the suffixes of hosts it may
    call. `in_flight` is the vendor's limit per site. `webhooks` is None where there are none.
    """

    key: str
    title: str
    trait: str
    settings: tuple[SettingSpec, ...]
    actions: tuple[ActionSpec, ...]
    hosts: tuple[str, ...]
    in_flight: int
    webhooks: WebhookSpec | None = None

    def action(self, key: str) -> ActionSpec | None:
        return next((one for one in self.actions if one.key == key), None)


@dataclass(frozen=True)
class SiteFacts:
    """What a site says of itself; shown after a successful check."""

    site_id: str
    name: str
    subdomain: str
    currency: str
    is_test: bool


@dataclass(frozen=True)
class Notice:
    """What a webhook says happened. A hint only: the customer named is read again.

    `id` is the same in every delivery of one event, empty when the body could not be read.
    `customer` and `subscription` are the billing system's ids, None when the event is about
    neither.
    """

    id: str
    event: str
    customer: str | None = None
    subscription: str | None = None


class Connector(Protocol):
    """One billing system. Holds no connection and no state: everything comes in by arguments.

    Methods that read raise `CallFailed` (see `contract.errors`). `perform` and `look_up` never
    raise for what the billing system does: they answer with a value.
    """

    spec: ConnectorSpec

    def address(self, settings: Mapping[str, str], *, simulators: tuple[str, ...]) -> Address:
        """Where these settings lead. `simulators` are host:port pairs allowed as plain http.

        Raises `SettingsRefused` naming the field: domain not understood, host not the vendor's,
        key with spaces.
        """
        ...

    def check(self, transport: Transport) -> SiteFacts:
        """Read the site. Raises `SettingsRefused` naming the field that is wrong."""
        ...

    def catalogue(self, transport: Transport) -> Iterator[CatalogueItem]:
        """Every plan, price point, coupon and reason code, retired ones included if told."""
        ...

    def customers(self, transport: Transport) -> Iterator[CustomerRecord]:
        """Every customer of the site, each at least once."""
        ...

    def records(self, transport: Transport) -> Iterator[BillingRecord]:
        """Every subscription of the site, each at least once."""
        ...

    def malformed_billing_id(self, settings: Mapping[str, str], billing_id: str) -> str | None:
        """Why this value cannot be what the settings say the trait holds, or None."""
        ...

    def read_customer(
        self, transport: Transport, settings: Mapping[str, str], billing_id: str
    ) -> CustomerBilling | None:
        """The customer behind the trait's value, read fresh; None when there is none."""
        ...

    def obstacle(
        self,
        action: str,
        parameters: Mapping[str, str],
        *,
        billing: CustomerBilling | None,
        items: Mapping[tuple[ItemKind, str], CatalogueItem],
        now: datetime,
    ) -> Refused | None:
        """Why an offer cannot be kept, judged from the mirror alone, or None when it may be tried.

        `items` maps (kind, parameter value) to the synced catalogue items the parameters name;
        one that is missing was never synced. Without `billing` only the catalogue is judged
        (preflight). What is already as wanted is an obstacle too (`ALREADY_DONE`): nobody is
        offered it.
        """
        ...

    def spread(
        self,
        action: str,
        parameters: Mapping[str, str],
        *,
        billing: CustomerBilling | None,
        billing_id: str,
        settings: Mapping[str, str],
    ) -> tuple[Mapping[str, str], ...]:
        """The parameters of each run that one click comes to, judged from the mirror alone.

        The parameters as they are, but where the action's `spread` is asked for and several
        subscriptions are meant: then a set for each, in an order that stays while the customer has
        the same. A set names its subscription and is not spread any further. Never empty.
        """
        ...

    def perform(self, order: Order, desk: Desk, settings: Mapping[str, str]) -> Outcome:
        """Read what is there, then change it once."""
        ...

    def look_up(self, order: Order, transport: Transport, settings: Mapping[str, str]) -> Finding:
        """What became of an earlier `perform` of this order, by reading only."""
        ...

    def preview(
        self, order: Order, transport: Transport, settings: Mapping[str, str]
    ) -> Preview | Refused:
        """What this order would cost now, by reading only (`POST` previews change nothing).

        `Refused` also where the action has no preview. Raises `CallFailed`.
        """
        ...

    def undo_of(self, order: Order, *, reference: str) -> Undoing | Refused:
        """What takes a succeeded order back. `reference` is what it succeeded with.

        Judged from the order alone; whether it is still possible shows when it is performed.
        """
        ...

    def discount(
        self,
        action: str,
        parameters: Mapping[str, str],
        *,
        billing: CustomerBilling | None,
        items: Mapping[tuple[ItemKind, str], CatalogueItem],
    ) -> Money | Refused | None:
        """What an accept gives away: the discount on the charges of the next 12 months.

        At the current price, in the currency of that price. None when the action gives no
        discount, `Refused` when it gives one that cannot be told: `NO_SUBSCRIPTION` where it
        depends on a customer who is not there.
        """
        ...

    def notice(
        self, headers: Mapping[str, str], body: bytes, settings: Mapping[str, str]
    ) -> Notice | None:
        """The webhook in this delivery, or None when its signature is not the site's.

        `headers` have lower-case names. The signature is compared in constant time over the raw
        body, before anything of it is parsed.
        """
        ...

    def page(
        self, settings: Mapping[str, str], *, billing_id: str, subscription: str | None
    ) -> str | None:
        """Where an operator looks at this customer in the billing system, or None.

        The subscription's page where one is named. None also where the settings lead to no page
        that people read (a simulator's).
        """
        ...

    def read_noticed(self, transport: Transport, notice: Notice) -> CustomerBilling | None:
        """The customer a notice names, read fresh; None when there is no such customer (any more).

        Raises `CallFailed`.
        """
        ...
