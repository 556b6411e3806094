"""A ledger over a scripted biller: everything real but the biller and the clock."""

from dataclasses import replace
from datetime import timedelta

import msgspec

from clocks import FrozenClock
from standfast.config import Durations
from standfast.connectors.registry import Registry
from standfast.connectors.slots import Lane
from standfast.contract.connector import SiteFacts
from standfast.contract.testing import ScriptedConnector, World
from standfast.domain.action_run import ActionRun, RunState
from standfast.domain.interaction import Kind, run_id
from standfast.services.connection_health import note_good_answer
from standfast.services.open_site import Site
from standfast.services.run_actions import RunActions
from standfast.store.apps import AppRow, add_app
from standfast.store.connections import (
    ConnectionRow,
    Health,
    add_connection,
    get_connection,
)
from standfast.store.database import Database
from standfast.store.interactions import InteractionRow, add_interaction
from standfast.store.runs import add_run, claim_due_runs, get_run

APP = "app_test"
CONNECTION = "con_test"


class WorldSites:
    """Opens every connection onto the same world."""

    def __init__(self, world: World) -> None:
        self.connector = ScriptedConnector(world)

    def open(self, connection: ConnectionRow, lane: Lane) -> Site:
        return Site(self.connector, self.connector.world.transport, {})


class LedgerRig:
    """One app, one connection, one customer "c1" subscribed to gold."""

    def __init__(
        self, database: Database, clock: FrozenClock, durations: Durations | None = None
    ) -> None:
        self.database = database
        self.clock = clock
        self.world = World()
        self.world.add_customer("c1", plan="gold")
        self.world.add_customer("c2", plan="gold")
        self.durations = durations or Durations()
        self.sites = WorldSites(self.world)
        self.actions = RunActions(database, self.sites, clock, self.durations, Registry(()))
        self._clicks = 0
        now = clock.now()
        with database.writing() as transaction:
            add_app(transaction, AppRow(APP, "Test", (), "UTC", 0, b"", None, now))
            add_connection(transaction, a_connection(now))

    def click(self, *actions: str, customer: str = "c1", **changes: object) -> list[ActionRun]:
        """One interaction with a run for each action."""
        self._clicks += 1
        now = self.clock.now()
        interaction = f"i{self._clicks}"
        runs = [
            msgspec.structs.replace(
                a_run(interaction, position, action, customer, self._clicks, now, self.durations),
                **changes,
            )
            for position, action in enumerate(actions)
        ]
        with self.database.writing() as transaction:
            assert add_interaction(transaction, an_interaction(interaction, now))
            for run in runs:
                add_run(transaction, run)
        return runs

    def claim(self, owner: str = "w1", limit: int = 10) -> tuple[ActionRun, ...]:
        now = self.clock.now()
        until = now + timedelta(seconds=self.durations.lease)
        with self.database.writing() as transaction:
            return claim_due_runs(transaction, owner=owner, now=now, until=until, limit=limit)

    def step(self) -> list[ActionRun]:
        """Claim what is due and do one step of each."""
        return [self.actions.advance(run) for run in self.claim()]

    def work(self, *, at_most: int = 100) -> None:
        """Step until nothing is due at this instant."""
        for _ in range(at_most):
            if not self.step():
                return
        raise AssertionError("the ledger does not come to rest")

    def work_for(self, seconds: float, *, every: float = 1.0) -> None:
        """Let time pass in small steps, working at each."""
        self.work()
        for _ in range(int(seconds / every)):
            self.clock.advance(every)
            self.work()

    def mend(self) -> None:
        """Somebody enters a key that works."""
        with self.database.writing() as transaction:
            note_good_answer(transaction, CONNECTION, now=self.clock.now())

    def is_broken(self) -> bool:
        with self.database.reading() as reader:
            return get_connection(reader, CONNECTION).health is Health.BROKEN

    def work_out(self, runs: list[ActionRun], *, at_most: int = 400) -> bool:
        """Let time jump from one due instant to the next until all have ended or wait.

        False as soon as the connection is found broken.
        """
        for _ in range(at_most):
            self.work()
            open_runs = [one for one in map(self.run, runs) if one.due_at and not _waits(one)]
            if not open_runs:
                return True
            if self.is_broken():
                return False
            now = self.clock.now()
            instants = [max(one.due_at or now, one.lease_until or now) for one in open_runs]
            ahead = [instant for instant in instants if instant > now]
            self.clock.set(min(ahead, default=now + timedelta(seconds=1)))
        raise AssertionError("the ledger does not come to an end")

    def run(self, run: ActionRun) -> ActionRun:
        with self.database.reading() as reader:
            return get_run(reader, run.id)

    def effects(self, run: ActionRun) -> int:
        return len(self.world.changes_of(run.reference))


def _waits(run: ActionRun) -> bool:
    return run.state is RunState.WAITING_FOR_VISITOR


def a_connection(now, **changes: object) -> ConnectionRow:
    row = ConnectionRow(
        id=CONNECTION,
        app_id=APP,
        connector="scripted",
        settings={},
        sealed=b"",
        site=SiteFacts("1", "World", "world", "USD", is_test=True),
        is_active=True,
        in_flight=3,
        health=Health.OK,
        health_detail="",
        health_at=now,
        refused_at=(),
        created_at=now,
        updated_at=now,
    )
    return replace(row, **changes)


def an_interaction(interaction: str, now) -> InteractionRow:
    return InteractionRow(
        id=interaction,
        app_id=APP,
        visitor="u:u1",
        user_id="u1",
        prompt_id="p1",
        version=1,
        variation="default",
        snapshot_hash="",
        decision=interaction,
        view="v",
        step="offer",
        kind=Kind.ACCEPT,
        claim=f"{interaction}:final",
        values={},
        billing_id="c1",
        billing_id_source="token",
        show=True,
        refusal=None,
        decided_at=now,
        received_at=now,
    )


PARAMETERS = {
    "create_subscription": {"plan": "silver"},
    "cancel_subscription": {},
    "add_coupon": {"coupon": "TEN"},
}


def a_run(
    interaction: str = "i1",
    position: int = 0,
    action: str = "add_coupon",
    customer: str = "c1",
    sequence: int = 1,
    now=None,
    durations: Durations | None = None,
) -> ActionRun:
    now = now or FrozenClock().now()
    durations = durations or Durations()
    moves_money = action != "cancel_subscription"
    return ActionRun(
        id=run_id(interaction, position),
        interaction_id=interaction,
        position=position,
        app_id=APP,
        connection_id=CONNECTION,
        connector="scripted",
        action=action,
        parameters=PARAMETERS[action],
        user_id="u1",
        billing_id=customer,
        lane=f"scripted:1:{customer}",
        sequence=sequence * 16 + position,
        stop_on_error=True,
        moves_money=moves_money,
        created_at=now,
        deadline_at=now + timedelta(seconds=durations.money_deadline) if moves_money else None,
        due_at=now,
    )
