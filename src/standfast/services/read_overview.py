"""What an operator sees first: what needs attention, what happened, how it develops."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from standfast.clock import Clock
from standfast.connectors.registry import Registry
from standfast.domain.action_run import RunState
from standfast.domain.interaction import Kind
from standfast.domain.roles import Permission
from standfast.services.errors import NotFound
from standfast.services.permissions import Acting
from standfast.store.apps import find_app
from standfast.store.connections import ConnectionRow, Health, list_connections
from standfast.store.database import Database, Reader
from standfast.store.interaction_counts import HourCount, count_by_hour
from standfast.store.run_lists import count_open_work, count_runs_by_state
from standfast.store.syncs import list_syncs

DAYS = 30
FAILURES_THAT_MATTER = 2


@dataclass(frozen=True)
class Attention:
    """Something a person should look at. `where` names the page: connection, runs, incidents."""

    title: str
    text: str
    where: str
    subject: str = ""


@dataclass
class Tally:
    """What happened, counted. `refused` are accepts that started nothing."""

    impressions: int = 0
    accepts: int = 0
    refused: int = 0
    declines: int = 0
    dismissals: int = 0

    def add(self, one: HourCount) -> None:
        match one.kind:
            case Kind.IMPRESSION:
                self.impressions += one.count
            case Kind.ACCEPT | Kind.SECONDARY_ACCEPT if one.is_refused:
                self.refused += one.count
            case Kind.ACCEPT | Kind.SECONDARY_ACCEPT:
                self.accepts += one.count
            case Kind.DECLINE:
                self.declines += one.count
            case Kind.DISMISS:
                self.dismissals += one.count
            case Kind.STEP | Kind.TIMEOUT | Kind.HOLDOUT:
                pass


@dataclass(frozen=True)
class Overview:
    """`days` are the last 30 in the app's time zone, oldest first, without gaps."""

    attention: tuple[Attention, ...]
    days: tuple[tuple[date, Tally], ...]
    total: Tally
    by_prompt: dict[str, Tally]
    runs: dict[RunState, int] = field(default_factory=dict[RunState, int])


@dataclass(frozen=True)
class ReadOverview(Acting):
    database: Database
    registry: Registry
    clock: Clock

    def read(self, app_id: str) -> Overview:
        """Raises `Forbidden`, `NotFound`."""
        self._allow(Permission.SEE_REPORTS, app_id)
        now = self.clock.now()
        with self.database.reading() as reader:
            app = find_app(reader, app_id)
            if app is None:
                raise NotFound("There is no such app.", field="app")
            zone = ZoneInfo(app.time_zone)
            first = now.astimezone(zone).date() - timedelta(days=DAYS - 1)
            since = datetime.combine(first, datetime.min.time(), zone)
            counts = count_by_hour(reader, app_id, since=since, until=now + timedelta(seconds=1))
            attention = tuple(self._attention(reader, app_id))
            runs = count_runs_by_state(reader, app_id, since=since)
        return Overview(
            attention=attention,
            days=_by_day(counts, first, zone),
            total=_total(counts),
            by_prompt=_by_prompt(counts),
            runs=runs,
        )

    def _attention(self, reader: Reader, app_id: str) -> Iterable[Attention]:
        for connection in list_connections(reader, app_id):
            yield from self._about(reader, connection)
        waiting = count_open_work(reader, app_id)
        if waiting.needs_operator:
            yield Attention(
                _counted(waiting.needs_operator, "change needs", "changes need") + " a person",
                "Whether it took effect could not be found out. Look at the billing system and "
                "record what you see.",
                "runs",
                RunState.NEEDS_OPERATOR,
            )
        if waiting.incidents:
            yield Attention(
                _counted(waiting.incidents, "incident is open", "incidents are open"),
                "What was done is not what was shown. Look at it, make up for it, and close it "
                "with a note.",
                "incidents",
            )

    def _about(self, reader: Reader, connection: ConnectionRow) -> Iterable[Attention]:
        title = self._title(connection)
        if connection.health is Health.BROKEN:
            yield Attention(f"{title} is broken", connection.health_detail, "connection",
                            connection.connector)  # fmt: skip
        elif not connection.is_active:
            text = "Prompts that change a bill through it are not shown."
            yield Attention(f"{title} is switched off", text, "connection", connection.connector)
        for what, sync in list_syncs(reader, connection.id).items():
            if sync.failures >= FAILURES_THAT_MATTER:
                yield Attention(
                    f"{title}: the {what} sync keeps failing",
                    sync.error or "",
                    "connection",
                    connection.connector,
                )

    def _title(self, connection: ConnectionRow) -> str:
        connector = self.registry.find(connection.connector)
        return connector.spec.title if connector else connection.connector


def _counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _by_day(
    counts: Iterable[HourCount], first: date, zone: ZoneInfo
) -> tuple[tuple[date, Tally], ...]:
    days = {first + timedelta(days=n): Tally() for n in range(DAYS)}
    for one in counts:
        day = one.hour.astimezone(zone).date()
        if day in days:
            days[day].add(one)
    return tuple(days.items())


def _total(counts: Iterable[HourCount]) -> Tally:
    total = Tally()
    for one in counts:
        total.add(one)
    return total


def _by_prompt(counts: Iterable[HourCount]) -> dict[str, Tally]:
    tallies: dict[str, Tally] = {}
    for one in counts:
        tallies.setdefault(one.prompt_id, Tally()).add(one)
    return tallies
