"""A generated site: its tables, its look-ups, and its list of subscriptions."""

import re
from array import array
from collections.abc import Iterator
from datetime import datetime

import msgspec

from chargify_simulator.fields import Fields
from chargify_simulator.lazy_table import LazyTable
from chargify_simulator.operations.paging import MAX_PER_PAGE, date_bounds
from chargify_simulator.operations.subscriptions import SORTS, is_wanted
from chargify_simulator.records import Subscription
from chargify_simulator.site import Site
from chargify_simulator.states import State
from chargify_simulator.subscription_view import subscription_view

from .draw import Drawn
from .grower import TWIN_EVERY, Grower
from .press import Press

REMEMBERED = 4
PAGING = {"page", "per_page", "direction", "sort", "include[]"}
BY_ID = {None, "id", "created_at", "signup_date"}
QUICK_DATES = {"created_at": "created", "updated_at": "updated", "canceled_at": "canceled"}
QUICK = {"state", "product", "product_price_point_id", "date_field"}
PLAIN_STATES = {state.value for state in State}
BOUNDS = {"start_date", "end_date", "start_datetime", "end_datetime"}


class Found:
    """Ids that a query finds, looked for only as far as pages ask."""

    def __init__(self, numbers: Iterator[int]) -> None:
        self.numbers = numbers
        self.known = array("Q")

    def slice(self, first: int, last: int) -> list[int]:
        while len(self.known) < last:
            number = next(self.numbers, None)
            if number is None:
                break
            self.known.append(number)
        return list(self.known[first:last])


class Rows:
    def __init__(self, site: Site, seed: int, rows: int, today: datetime) -> None:
        self.recipe = (seed, rows, today)
        grower = self.grower = Grower(site, seed, rows, today)
        self.customers = LazyTable(
            grower.first_customer, rows, grower.customer, lambda n: n % TWIN_EVERY != TWIN_EVERY - 1
        )
        self.profiles = LazyTable(
            grower.first_profile,
            rows,
            grower.profile,
            lambda n: n % TWIN_EVERY != TWIN_EVERY - 1 and grower.card(n) != "none",
        )
        self.subscriptions = LazyTable(grower.first_subscription, rows, grower.subscription)
        site.customers, site.payment_profiles = self.customers, self.profiles
        site.subscriptions = self.subscriptions
        for name in ("subscriptions", "customers", "payment_profiles", "payments"):
            site.next_ids[name] += rows
        site.rows = self
        self.press = Press(grower)
        self._found: dict[object, Found] = {}

    def customer_number(self, reference: str) -> int | None:
        return _number(r"user-(\d{7})", reference, self.grower.first_customer)

    def subscription_number(self, reference: str) -> int | None:
        return _number(r"sub-(\d+)", reference, self.grower.first_subscription)

    def subscriptions_of(self, customer_id: int) -> list[int]:
        index = customer_id - self.grower.first_customer
        if not 0 <= index < self.grower.rows or index % TWIN_EVERY == TWIN_EVERY - 1:
            return []
        first = self.grower.first_subscription + index
        has_twin = index % TWIN_EVERY == TWIN_EVERY - 2 and index + 1 < self.grower.rows
        return [first, first + 1] if has_twin else [first]

    def profiles_of(self, customer_id: int) -> list[int]:
        number = customer_id - self.grower.first_customer + self.grower.first_profile
        return [number] if number in self.profiles else []

    def page(self, site: Site, query: Fields) -> bytes:
        """One page of the list as JSON."""
        size = min(query.integer("per_page") or 20, MAX_PER_PAGE)
        first = (max(query.integer("page") or 1, 1) - 1) * max(size, 0)
        numbers = self._numbers(site, query, first, first + max(size, 0))
        return b"[" + b",".join([self._printed(site, each) for each in numbers]) + b"]"

    def _printed(self, site: Site, number: int) -> bytes:
        index = number - self.grower.first_subscription
        if self._is_as_drawn(number, self.grower.customer_index(index)):
            return self.press.row(index)
        view = subscription_view(site, self.subscriptions[number])
        return msgspec.json.encode({"subscription": view})

    def read(self, number: int) -> bytes | None:
        """A single read as JSON; None for a row that was edited, or is none of these."""
        index = number - self.grower.first_subscription
        if not 0 <= index < self.grower.rows:
            return None
        if not self._is_as_drawn(number, self.grower.customer_index(index)):
            return None
        if number in self.subscriptions.removed:
            return None
        return self.press.single(index)

    def _is_as_drawn(self, number: int, owner: int) -> bool:
        """Neither the row nor its customer nor the card was touched."""
        card = self.grower.first_profile + owner
        return (
            number not in self.subscriptions.kept
            and self.subscriptions.is_generated(number)
            and self.grower.first_customer + owner not in self.customers.kept
            and card not in self.profiles.kept
            and card not in self.profiles.removed
        )

    def refresh(self, site: Site) -> None:
        """Something in the catalogue has changed."""
        self.grower.prices = [site.price_points[each.id] for each in self.grower.prices]
        self.press.print_products()
        self._found.clear()

    def _numbers(self, site: Site, query: Fields, first: int, last: int) -> list[int]:
        filters = {
            name: value
            for name, value in query.values.items()
            if name not in PAGING and value not in {"", None}
        }
        sort, direction = query.text("sort"), query.text("direction")
        is_descending = direction == "desc" or (direction is None and sort is None)
        table = self.subscriptions
        if not filters and sort in BY_ID and not table.removed and not _has_new(table):
            return _slice_of_range(table, first, last, is_descending=is_descending)
        key = (str(sorted(filters.items())), sort, is_descending, table.version, site.revision)
        found = self._found.get(key)
        if found is None:
            numbers = self._wanted(site, query, filters, sort, is_descending=is_descending)
            found = self._found[key] = Found(numbers)
            while len(self._found) > REMEMBERED:
                del self._found[next(iter(self._found))]
        return found.slice(first, last)

    def _wanted(
        self,
        site: Site,
        query: Fields,
        filters: dict[str, object],
        sort: str | None,
        *,
        is_descending: bool,
    ) -> Iterator[int]:
        table = self.subscriptions
        is_by_id = sort in BY_ID
        numbers = table.numbers(is_descending=is_descending and is_by_id)
        if filters:
            numbers = self._filtered(site, query, filters, numbers)
        if is_by_id:
            return numbers
        read = SORTS.get(sort or "", SORTS["signup_date"])
        rows = sorted(
            ((read(table[number]), number) for number in numbers),  # pyright: ignore[reportArgumentType]
            reverse=is_descending,
        )
        return iter([number for _, number in rows])

    def _filtered(
        self, site: Site, query: Fields, filters: dict[str, object], numbers: Iterator[int]
    ) -> Iterator[int]:
        """A quick look at what is drawn, then, where that does not decide, at the row."""
        quick = Quick(self.grower, query)
        is_decisive = filters.keys() <= QUICK | BOUNDS and quick.is_exact
        table, first = self.subscriptions, self.grower.first_subscription
        for number in numbers:
            if number in table.kept or not table.is_generated(number):
                if is_wanted(site, table[number], query):
                    yield number
            elif quick.may_be(self.grower.dice.draw(number - first)) and (
                is_decisive or is_wanted(site, table[number], query)
            ):
                yield number


class Quick:
    """What can be told from the draw alone."""

    def __init__(self, grower: Grower, query: Fields) -> None:
        self.grower = grower
        self.state = query.text("state")
        field = query.text("date_field")
        self.day_name = QUICK_DATES.get(field or "")
        names_product = bool(query.text("product")) and query.integer("product") is None
        is_plain = self.state is None or self.state in PLAIN_STATES
        self.is_exact = is_plain and not names_product and not (field and not self.day_name)
        self.since, self.until = date_bounds(query)
        product = None if names_product else query.integer("product")
        price = query.integer("product_price_point_id")
        self.prices = {
            at
            for at, each in enumerate(grower.prices)
            if product in {None, each.product_id} and price in {None, each.id}
        }

    def may_be(self, drawn: Drawn) -> bool:
        if drawn.price not in self.prices:
            return False
        if self.state == "pending_cancellation":
            return drawn.state == "active"
        if self.state in PLAIN_STATES and drawn.state != self.state:
            return False
        if self.day_name is None:
            return True
        if self.day_name == "canceled" and drawn.state != "canceled":
            return self.since is None and self.until is None
        day = drawn.created if self.day_name == "created" else drawn.updated
        instant = self.grower.days.instant(day, drawn.time)
        return not ((self.since and instant < self.since) or (self.until and instant >= self.until))


def _number(pattern: str, reference: str, first: int) -> int | None:
    found = re.fullmatch(pattern, reference)
    return first + int(found[1]) if found else None


def _has_new(table: LazyTable[Subscription]) -> bool:
    return any(not table.is_generated(number) for number in table.kept)


def _slice_of_range(
    table: LazyTable[Subscription], first: int, last: int, *, is_descending: bool
) -> list[int]:
    numbers = range(table.first_id, table.first_id + table.rows)
    return list((numbers[::-1] if is_descending else numbers)[first:last])
