"""What lists, the overview and the connection page are made from, on both databases."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from clocks import FrozenClock
from ledger.rig import APP, CONNECTION, LedgerRig, an_interaction
from standfast.connectors.registry import Registry
from standfast.contract.catalogue import ItemKind
from standfast.contract.testing import Script
from standfast.domain.action_run import RunState
from standfast.domain.interaction import Kind
from standfast.domain.roles import Role
from standfast.services.list_runs import PAGE, ListRuns
from standfast.services.permissions import Actor
from standfast.services.read_connection import ReadConnection
from standfast.services.read_overview import ReadOverview
from standfast.services.sync_connection import SyncConnections
from standfast.store.connections import Health, save_health
from standfast.store.database import Database
from standfast.store.interactions import add_interaction
from standfast.store.run_lists import RunFilter
from standfast.store.syncs import What, add_schedules

READER = Actor("op", "Rita", None, {APP: Role.READ_ONLY})


@pytest.fixture
def ledger(database: Database, clock: FrozenClock) -> LedgerRig:
    return LedgerRig(database, clock)


def test_runs_are_listed_newest_first_page_by_page(ledger: LedgerRig):
    for _ in range(PAGE + 3):
        ledger.click("add_coupon")
    runs = ListRuns(ledger.database)

    first = runs.list(APP, RunFilter())
    second = runs.list(APP, RunFilter(), before=first.before)

    assert [len(first.lines), len(second.lines)] == [PAGE, 3]
    assert second.before is None
    sequences = [line.sequence for line in (*first.lines, *second.lines)]
    assert sequences == sorted(sequences, reverse=True)


def test_runs_are_filtered_by_state_action_visitor_and_time(ledger: LedgerRig):
    ledger.world.next(Script.DECLINE)
    ledger.click("add_coupon")
    ledger.work()
    ledger.clock.advance(60)
    ledger.click("cancel_subscription", customer="c2", user_id="u2")
    runs = ListRuns(ledger.database)
    now = ledger.clock.now()

    def actions(**chosen: object) -> list[str]:
        return [line.action for line in runs.list(APP, RunFilter(**chosen)).lines]  # type: ignore[arg-type]

    assert actions() == ["cancel_subscription", "add_coupon"]
    assert actions(state="refused") == ["add_coupon"]
    assert actions(action="cancel_subscription") == ["cancel_subscription"]
    assert actions(user_id="u2") == ["cancel_subscription"]
    assert actions(since=now - timedelta(seconds=1)) == ["cancel_subscription"]
    assert actions(until=now - timedelta(seconds=1)) == ["add_coupon"]
    assert actions(prompt_id="nope") == []


def test_who_may_only_read_sees_no_people_and_cannot_filter_by_them(ledger: LedgerRig):
    ledger.click("add_coupon")

    page = ListRuns(ledger.database).by(READER).list(APP, RunFilter(user_id="somebody else"))

    assert [line.user_id for line in page.lines] == [""]
    assert not page.shows_people


def test_the_overview_counts_by_the_apps_own_days(ledger: LedgerRig, clock: FrozenClock):
    # 2026-03-02 12:00 UTC; the day before, 23:30 UTC, was still March 1st in UTC.
    noon = clock.now()
    for n, (kind, at, refusal) in enumerate(
        [
            (Kind.IMPRESSION, noon, None),
            (Kind.IMPRESSION, noon, None),
            (Kind.ACCEPT, noon, None),
            (Kind.ACCEPT, noon, {"reason": "other", "message": ""}),
            (Kind.DECLINE, noon - timedelta(hours=12, minutes=30), None),
            (Kind.IMPRESSION, noon - timedelta(days=40), None),
        ]
    ):
        _happened(ledger, str(n), kind, at, refusal)

    overview = _overview(ledger).read(APP)

    assert len(overview.days) == 30
    last_two = [(str(day), tally) for day, tally in overview.days[-2:]]
    assert [day for day, _ in last_two] == ["2026-03-01", "2026-03-02"]
    assert last_two[0][1].declines == 1
    today = last_two[1][1]
    assert (today.impressions, today.accepts, today.refused) == (2, 1, 1)
    assert overview.total.impressions == 2
    assert overview.by_prompt["p1"].accepts == 1


def test_what_needs_attention_says_what_to_do_and_where(ledger: LedgerRig):
    ledger.world.next(Script.LOSE_AFTER)
    ledger.click("add_coupon")
    ledger.work()
    ledger.world.reads_fail = True
    ledger.work_for(90_000, every=900)
    now = ledger.clock.now()
    with ledger.database.writing() as transaction:
        save_health(
            transaction, CONNECTION, health=Health.BROKEN, detail="Enter a new key.",
            refused_at=(), at=now,
        )  # fmt: skip

    attention = _overview(ledger).read(APP).attention

    assert [(one.where, one.subject) for one in attention] == [
        ("connection", "scripted"),
        ("runs", RunState.NEEDS_OPERATOR),
    ]
    assert attention[0].text == "Enter a new key."


def test_a_connection_is_shown_with_its_syncs_and_what_can_be_chosen(ledger: LedgerRig):
    with ledger.database.writing() as transaction:
        add_schedules(
            transaction,
            CONNECTION,
            {What.CATALOGUE: 900, What.RECORDS: 900},
            now=ledger.clock.now(),
        )
    syncs = SyncConnections(ledger.database, ledger.sites, ledger.clock, ledger.durations)
    while syncs.sync_due():
        pass
    reading = ReadConnection(ledger.database, Registry([ledger.sites.connector]))

    (view,) = reading.list(APP)
    (chooseable,) = reading.chooseable(APP)

    assert view.row is not None
    assert view.counts == {"plan": 2, "coupon": 1, "customers": 2, "subscriptions": 2}
    assert set(view.syncs) == {What.CATALOGUE, What.RECORDS}
    assert [plan.external_id for plan in chooseable.items[ItemKind.PLAN]] == ["gold", "silver"]
    assert chooseable.is_test


def _overview(ledger: LedgerRig) -> ReadOverview:
    registry = Registry([ledger.sites.connector])
    return ReadOverview(ledger.database, registry, ledger.clock)


def _happened(
    ledger: LedgerRig, name: str, kind: Kind, at: datetime, refusal: dict[str, str] | None
) -> None:
    row = replace(an_interaction(f"x{name}", at), kind=kind, refusal=refusal)
    with ledger.database.writing() as transaction:
        assert add_interaction(transaction, row)
