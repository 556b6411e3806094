"""Chargify's plug."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from urllib.parse import urlsplit

from standfast.connectors.chargify import actions, catalogue, discounts, records, webhooks
from standfast.connectors.chargify.actions import ACTIONS
from standfast.connectors.chargify.models import OnBadRow, log_bad_row
from standfast.connectors.chargify.portal import Portal, PortalLinks
from standfast.connectors.chargify.records import IdHolds
from standfast.contract.actions import (
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
from standfast.contract.connector import Address, ConnectorSpec, Notice, SettingSpec, SiteFacts
from standfast.contract.errors import (
    CallRefused,
    CredentialsRefused,
    HostUnknown,
    SettingsRefused,
)
from standfast.contract.records import BillingRecord, CustomerBilling, CustomerRecord
from standfast.contract.transport import Transport

HOSTS = (".chargify.com", ".ebilling.maxio.com")
_NOT_A_SITE = frozenset({"www", "app", "api", "help", "docs", "developer", "developers", "events"})
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")

SPEC = ConnectorSpec(
    key="chargify",
    title="Chargify",
    trait="chargify_id",
    settings=(
        SettingSpec(
            "api_key",
            "API key",
            "From Chargify: Config > Integrations > API Keys. One key per site.",
            secret=True,
        ),
        SettingSpec(
            "domain",
            "Domain",
            "Your site's address: acme, acme.chargify.com or acme.ebilling.maxio.com.",
        ),
        SettingSpec(
            "billing_id_holds",
            "chargify_id holds",
            "What your visitors' trait chargify_id is in Chargify.",
            required=False,
            default=IdHolds.CUSTOMER_ID.value,
            choices=(
                Choice(IdHolds.CUSTOMER_ID.value, "The customer's id"),
                Choice(IdHolds.SUBSCRIPTION_ID.value, "A subscription's id"),
                Choice(IdHolds.CUSTOMER_REFERENCE.value, "The customer's reference"),
            ),
        ),
        SettingSpec(
            "auto_map",
            "Match by customer reference",
            "For a visitor without chargify_id: take the customer whose reference in Chargify is "
            "the visitor's user id.",
            required=False,
            default="no",
            choices=(Choice("no", "No"), Choice("yes", "Yes")),
        ),
        SettingSpec(
            "shared_key",
            "Webhook shared key",
            "From the site's settings in Chargify; it signs webhooks. While you change it there, "
            "enter both: new, old.",
            required=False,
            secret=True,
        ),
    ),
    actions=tuple(one.spec for one in ACTIONS.values()),
    hosts=HOSTS,
    in_flight=4,
    webhooks=webhooks.SPEC,
)


class ChargifyConnector:
    """Reads and changes what customers have at one Chargify site.

    `on_bad_row(kind, problem)` is told of each row of a list that nobody could read.
    """

    spec = SPEC

    def __init__(self, on_bad_row: OnBadRow = log_bad_row) -> None:
        self._on_bad_row = on_bad_row
        self._portal_links = PortalLinks()

    def address(self, settings: Mapping[str, str], *, simulators: tuple[str, ...]) -> Address:
        wrong = {
            "api_key": _wrong_key(settings.get("api_key", "")),
            "domain": _wrong_domain(settings.get("domain", ""), simulators),
            "billing_id_holds": _wrong_holds(settings.get("billing_id_holds", "")),
        }
        fields = {field: text for field, text in wrong.items() if text is not None}
        if fields:
            raise SettingsRefused(fields)
        base_url = base_url_of(settings["domain"], simulators) or ""
        return Address(base_url, settings["api_key"].strip(), "x")

    def check(self, transport: Transport) -> SiteFacts:
        try:
            site = catalogue.read_site(transport)
        except CredentialsRefused as refusal:
            raise SettingsRefused({"api_key": _key_refused(refusal)}) from refusal
        except HostUnknown as unknown:
            raise SettingsRefused({"domain": "No such host. Check the spelling."}) from unknown
        except CallRefused as refusal:
            if refusal.status not in _SIGNS_OF_ANOTHER_HOST:
                raise
            raise SettingsRefused({"domain": _NO_SITE}) from refusal
        return SiteFacts(str(site.id), site.name, site.subdomain, site.currency, is_test=site.test)

    def catalogue(self, transport: Transport) -> Iterator[CatalogueItem]:
        return catalogue.catalogue(transport, self._on_bad_row)

    def customers(self, transport: Transport) -> Iterator[CustomerRecord]:
        return records.customers(transport, self._on_bad_row)

    def records(self, transport: Transport) -> Iterator[BillingRecord]:
        return records.records(transport, self._on_bad_row)

    def malformed_billing_id(self, settings: Mapping[str, str], billing_id: str) -> str | None:
        return records.malformed(IdHolds.of(settings), billing_id)

    def read_customer(
        self, transport: Transport, settings: Mapping[str, str], billing_id: str
    ) -> CustomerBilling | None:
        holds = IdHolds.of(settings)
        if records.malformed(holds, billing_id) is not None:
            return None
        account = records.read_account(transport, holds, billing_id)
        return None if account is None else account.billing()

    def obstacle(
        self,
        action: str,
        parameters: Mapping[str, str],
        *,
        billing: CustomerBilling | None,
        items: Mapping[tuple[ItemKind, str], CatalogueItem],
        now: datetime,
    ) -> Refused | None:
        return actions.obstacle(action, parameters, billing=billing, items=items, now=now)

    def spread(
        self,
        action: str,
        parameters: Mapping[str, str],
        *,
        billing: CustomerBilling | None,
        billing_id: str,
        settings: Mapping[str, str],
    ) -> tuple[Mapping[str, str], ...]:
        named = billing_id if IdHolds.of(settings) is IdHolds.SUBSCRIPTION_ID else None
        return actions.spread(action, parameters, billing=billing, named=named)

    def perform(self, order: Order, desk: Desk, settings: Mapping[str, str]) -> Outcome:
        return actions.perform(order, desk, settings, self._portal(settings))

    def look_up(self, order: Order, transport: Transport, settings: Mapping[str, str]) -> Finding:
        return actions.look_up(order, transport)

    def preview(
        self, order: Order, transport: Transport, settings: Mapping[str, str]
    ) -> Preview | Refused:
        return actions.preview(order, transport, settings, self._portal(settings))

    def undo_of(self, order: Order, *, reference: str) -> Undoing | Refused:
        return actions.undo_of(order, reference=reference)

    def discount(
        self,
        action: str,
        parameters: Mapping[str, str],
        *,
        billing: CustomerBilling | None,
        items: Mapping[tuple[ItemKind, str], CatalogueItem],
    ) -> Money | Refused | None:
        return discounts.of(action, parameters, billing=billing, items=items)

    def notice(
        self, headers: Mapping[str, str], body: bytes, settings: Mapping[str, str]
    ) -> Notice | None:
        return webhooks.read(headers, body, settings.get("shared_key", ""))

    def page(
        self, settings: Mapping[str, str], *, billing_id: str, subscription: str | None
    ) -> str | None:
        site = base_url_of(settings.get("domain", ""), ())
        holds = IdHolds.of(settings)
        wanted = subscription or (billing_id if holds is IdHolds.SUBSCRIPTION_ID else None)
        if site is None or not (wanted or billing_id).isdecimal():
            return None
        if wanted:
            return f"{site}/subscriptions/{wanted}"
        return f"{site}/customers/{billing_id}" if holds is IdHolds.CUSTOMER_ID else None

    def read_noticed(self, transport: Transport, notice: Notice) -> CustomerBilling | None:
        return webhooks.read_named(transport, notice)

    def _portal(self, settings: Mapping[str, str]) -> Portal:
        """A simulator's address, which leads to no vendor, is taken as it was given."""
        domain = settings.get("domain", "")
        return Portal(base_url_of(domain, ()) or domain, self._portal_links)


# Another program answers there, or Chargify says that it has no such site.
_SIGNS_OF_ANOTHER_HOST = frozenset({200, 301, 302, 303, 307, 308, 404, 410})
_NO_SITE = "No Chargify site answers at this address. Check the spelling of the subdomain."


def _wrong_key(key: str) -> str | None:
    bare = key.strip()
    if not bare:
        return "Paste the API key: Config > Integrations > API Keys in Chargify."
    if not re.fullmatch(r"[!-~]+", bare):
        return "An API key has no spaces and no special characters. Copy it once more."
    if ":" in bare:
        return "An API key has no colon. Copy the key alone, without a user or password."
    return None


def _wrong_domain(domain: str, simulators: tuple[str, ...]) -> str | None:
    if not domain.strip():
        return "Give your site's address, such as acme.chargify.com."
    if base_url_of(domain, simulators) is None:
        return (
            "This is not a Chargify site. Give acme, acme.chargify.com or acme.ebilling.maxio.com."
        )
    return None


def _wrong_holds(holds: str) -> str | None:
    known = {one.value for one in IdHolds}
    return None if not holds or holds in known else f"Choose one of {', '.join(sorted(known))}."


def _key_refused(refusal: CredentialsRefused) -> str:
    if refusal.status == 401:
        return "Chargify does not accept this key. Keys are per site: take one of this site."
    return str(refusal)


def base_url_of(domain: str, simulators: tuple[str, ...]) -> str | None:
    """Where a site's domain leads, or None when it is no address of Chargify's.

    A simulator is known by its host:port, which must be listed.
    """
    text = domain.strip().lower()
    try:
        url = urlsplit(text if "://" in text else f"https://{text}")
        host, port = url.hostname or "", url.port
    except ValueError:
        return None
    if url.scheme not in {"https", "http"} or "@" in url.netloc or "\\" in text:
        return None
    if f"{host}:{port or 80}" in simulators:
        return f"http://{host}:{port or 80}"
    return _vendor_url(host) if port is None else None


def _vendor_url(host: str) -> str | None:
    bare = host.removesuffix(".")
    if _is_site(bare):
        return f"https://{bare}.chargify.com"
    found = next((suffix for suffix in HOSTS if bare.endswith(suffix)), None)
    if found is not None and _is_site(bare.removesuffix(found)):
        return f"https://{bare}"
    return None


def _is_site(label: str) -> bool:
    return _LABEL.fullmatch(label) is not None and label not in _NOT_A_SITE
