"""How a test asks for prices: by a transport that writes nothing, on a day that stands still."""

from datetime import UTC, datetime

from connectors.chargify.site import ChargifySite
from standfast.connectors.transport import ReadOnlyTransport
from standfast.contract.actions import Order, Preview, RefusalReason, Refused, Succeeded
from standfast.contract.catalogue import Money

START = datetime(2027, 1, 1, 12, tzinfo=UTC)
FEBRUARY = datetime(2027, 2, 1, 12, tzinfo=UTC)
HALFWAY = START + (FEBRUARY - START) / 2


def usd(cents: int) -> Money:
    return Money(cents, "USD")


def pass_to(site: ChargifySite, at: datetime) -> None:
    site.simulator.freeze_clock(at.isoformat())


def price(site: ChargifySite, order: Order) -> Preview:
    """By a transport that writes nothing."""
    reading = ReadOnlyTransport(site.transport())
    told = site.connector.preview(order, reading, site.settings)
    assert isinstance(told, Preview), told
    return told


def refusal(site: ChargifySite, action: str, customer: str, **more: str) -> RefusalReason:
    told = site.connector.preview(
        site.order(action, customer, **more), ReadOnlyTransport(site.transport()), site.settings
    )
    assert isinstance(told, Refused), told
    return told.reason


def charged(site: ChargifySite, order: Order) -> Money | None:
    outcome, _ = site.perform_order(order)
    assert isinstance(outcome, Succeeded), outcome
    return outcome.charged
