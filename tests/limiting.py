"""Customers who click on limited prompts: everything real but the biller and the clock."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from builders import a_prompt
from choosy import ChoosyConnector, an_item
from clocks import FrozenClock
from deciding import CONNECTION, PAGE, DecidingRig
from standfast.config import Durations
from standfast.connectors.registry import Registry
from standfast.connectors.slots import Lane
from standfast.contract.catalogue import ItemKind
from standfast.contract.records import CustomerRecord
from standfast.contract.testing import ScriptedConnector
from standfast.domain.action_run import ActionRun
from standfast.domain.decision_token import DecisionClaims
from standfast.domain.interaction import decision_id
from standfast.domain.limits import Counter, Scope
from standfast.domain.prompt import AttachedAction, PromptBody, ReShow, ReShowRule, ReShowRules
from standfast.domain.visitor import Identity
from standfast.services.check_offer import CheckOffer
from standfast.services.decide import DecidePrompts
from standfast.services.follow_result import FollowResult, Recorded
from standfast.services.open_site import Site
from standfast.services.read_situation import Situations
from standfast.services.record_interaction import Deed, RecordInteraction
from standfast.services.reserve_limits import ReserveLimits
from standfast.services.run_actions import RunActions
from standfast.services.snapshots import Snapshots
from standfast.services.stop_prompt import StopPrompt
from standfast.services.tokens import Tokens
from standfast.store.billing import replace_customers
from standfast.store.connections import ConnectionRow
from standfast.store.database import Database, open_database
from standfast.store.interactions import find_interaction
from standfast.store.limits import find_used, list_differences
from standfast.store.runs import claim_due_runs, list_runs
from standfast.store.vault import Vault

GIVING = AttachedAction("choosy", "create_subscription", {"plan": "gold", "coupon": "TEN"})
"""Gives 10.00 away, says the connector."""


@dataclass(frozen=True)
class Shown:
    """A prompt on somebody's screen."""

    identity: Identity
    token: str


class _Worlds:
    """Opens every connection onto the connector's own world."""

    def __init__(self, connector: ScriptedConnector) -> None:
        self.connector = connector

    def open(self, connection: ConnectionRow, lane: Lane) -> Site:
        return Site(self.connector, self.connector.world.transport, {})


class LimitingRig(DecidingRig):
    """Customers c1, c2, … as users u1, u2, …, who have nothing yet."""

    def __init__(self, database: Database, clock: FrozenClock, *, customers: int = 5) -> None:
        super().__init__(database, clock)
        self.durations = Durations()
        self.world = self.connector.world
        self.stock(
            an_item(ItemKind.PLAN, "gold"),
            an_item(ItemKind.PLAN, "tin"),
            an_item(ItemKind.PRICE_POINT, "gold-1"),
            an_item(ItemKind.COUPON, "TEN"),
        )
        self.furnish(database)
        self._sync(customers)

    @property
    def connector(self) -> ChoosyConnector:
        found = self.registry.get("choosy")
        assert isinstance(found, ChoosyConnector)
        return found

    def furnish(self, database: Database) -> None:
        """The services over this database: another one, a dying one."""
        self.situations = Situations(database, self.registry)
        self.deciding = DecidePrompts(
            database, self.situations, self.snapshots, self.tokens, self.clock, self.durations
        )
        self.recording = recording_over(database, self.vault, self.registry, self.clock)
        self.actions = RunActions(
            database, _Worlds(self.connector), self.clock, self.durations, self.registry
        )
        self.stopping = StopPrompt(database, self.clock, self.durations)

    def customer(self, number: int, *, user: str = "") -> Identity:
        return Identity(
            self.app_id, user or f"u{number}", None, billing_ids={"choosy_id": f"c{number}"}
        )

    def show(self, prompt_id: str, identity: Identity) -> Shown:
        shown = self.decide(identity, PAGE).prompts
        return Shown(identity, next(one.token for one in shown if one.prompt == prompt_id))

    def click(self, shown: Shown, kind: str = "accept") -> Recorded:
        return self.recording.record(shown.identity, Deed(shown.token, kind, "offer", {}))

    def show_all(self, prompt_id: str, numbers: Iterable[int]) -> list[Shown]:
        """As `show`, but for many: the token of the first is written anew for each of them."""
        return [self._shown_as(prompt_id, self.customer(number)) for number in numbers]

    def _shown_as(self, prompt_id: str, identity: Identity) -> Shown:
        snapshot = self.live()
        live = snapshot.find_prompt(prompt_id)
        assert live is not None
        claims = DecisionClaims(
            app_id=self.app_id,
            visitor=identity.visitor,
            decision=decision_id(
                app_id=self.app_id, visitor=identity.visitor, prompt_id=prompt_id, finals=0
            ),
            view="v",
            prompt_id=prompt_id,
            version=live.live.version,
            variation="default",
            snapshot_hash=snapshot.hash,
            decided_at=self.clock.now(),
            expires_at=self.clock.now() + timedelta(hours=1),
        )
        return Shown(identity, self.tokens.sign_decision(self.app_id, claims))

    def accept(self, prompt_id: str, number: int) -> Recorded:
        return self.click(self.show(prompt_id, self.customer(number)))

    def work(self, *, at_most: int = 50) -> None:
        """Step until nothing is due at this instant."""
        for _ in range(at_most):
            if not [self.actions.advance(run) for run in self.claim()]:
                return
        raise AssertionError("the ledger does not come to rest")

    def claim(self, limit: int = 10) -> tuple[ActionRun, ...]:
        now = self.clock.now()
        until = now + timedelta(seconds=self.durations.lease)
        with self.database.writing() as transaction:
            return claim_due_runs(transaction, owner="w1", now=now, until=until, limit=limit)

    def runs(self, recorded: Recorded) -> tuple[ActionRun, ...]:
        with self.database.reading() as reader:
            return list_runs(reader, recorded.interaction)

    def refusal(self, recorded: Recorded) -> dict[str, str] | None:
        """What the operator reads."""
        with self.database.reading() as reader:
            row = find_interaction(reader, self.app_id, recorded.interaction)
        assert row is not None
        return row.refusal

    def used(self, scope: Scope, subject: str, period: str = "") -> int:
        counter = Counter(scope, subject, period)
        with self.database.reading() as reader:
            return find_used(reader, self.app_id, [counter]).get(counter, 0)

    def is_balanced(self) -> bool:
        """Whether every counter is the sum of what is reserved."""
        with self.database.reading() as reader:
            return list_differences(reader) == ()

    def _sync(self, customers: int) -> None:
        now = self.clock.now()
        rows = [CustomerRecord(f"c{n}", None, now, now) for n in range(1, customers + 1)]
        for row in rows:
            self.world.add_customer(row.external_id)
        with self.database.writing_mirror() as mirror:
            replace_customers(mirror, CONNECTION, rows, pass_id="1")


def recording_over(
    database: Database, vault: Vault, registry: Registry, clock: FrozenClock
) -> RecordInteraction:
    tokens, snapshots = Tokens(database, vault), Snapshots(database, clock)
    situations = Situations(database, registry)
    return RecordInteraction(
        database=database,
        tokens=tokens,
        snapshots=snapshots,
        offers=CheckOffer(situations, snapshots),
        results=FollowResult(database, tokens, snapshots, registry, clock, Durations()),
        limits=ReserveLimits(database, situations, snapshots),
        registry=registry,
        clock=clock,
        durations=Durations(),
    )


def click_all(recording: RecordInteraction, shown: list[Shown], *, threads: int = 8) -> None:
    with ThreadPoolExecutor(threads) as pool:
        for done in [
            pool.submit(recording.record, one.identity, Deed(one.token, "accept", "offer", {}))
            for one in shown
        ]:
            done.result()


def click_all_over(url: str, key: bytes, shown: list[Shown], now: datetime) -> None:
    """In a process of its own: as `click_all`."""
    database = open_database(Path(), url)
    registry, clock = Registry([ChoosyConnector()]), FrozenClock(now)
    try:
        click_all(recording_over(database, Vault([key]), registry, clock), shown)
    finally:
        database.close()


def limited(*actions: AttachedAction, **changes: object) -> PromptBody:
    """A prompt that may be accepted again and again: what holds it back is its limits."""
    again = ReShowRules(after_accept=ReShowRule(ReShow.AFTER, 1.0))
    return a_prompt(*(actions or (GIVING,)), re_show=again, **changes)
