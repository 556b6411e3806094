"""A house whose app is connected to a simulated Chargify site, with changes in many states."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from builders import a_prompt, a_step
from clocks import FrozenClock
from console.rig import CHEAP, LIMITS, ORIGIN, Person, Visitor, served, signed_in, the_first
from journeys.billing_site import KEY, BillingSite, Customer, billing_site
from standfast.bootstrap import House, build
from standfast.config import Settings
from standfast.connectors.chargify.connector import ChargifyConnector
from standfast.connectors.registry import Registry
from standfast.domain.action_run import ActionRun
from standfast.domain.interaction import Kind, run_id
from standfast.domain.prompt import AttachedAction
from standfast.services.one_time_links import OneTimeLinks
from standfast.services.passwords import Passwords
from standfast.store.connections import ConnectionRow, find_connection
from standfast.store.interactions import InteractionRow, add_interaction
from standfast.store.prompts import find_prompt
from standfast.store.runs import add_run, claim_due_runs, get_run


@dataclass
class BilledApp:
    """`site` is the truth; time stands still until `clock` is told."""

    house: House
    site: BillingSite
    clock: FrozenClock
    app: str
    _clicks: int = field(default=0)

    def connect(self, **settings: str) -> ConnectionRow:
        given = {"api_key": KEY, "domain": self.site.host, **settings}
        return self.house.configure_connection.save(self.app, "chargify", given)

    def connection(self) -> ConnectionRow | None:
        with self.house.database.reading() as reader:
            return find_connection(reader, self.app, "chargify")

    def sync(self) -> None:
        """Every pass that is due."""
        while self.house.sync_connections.sync_due():
            pass

    def publish(self, name: str, *actions: AttachedAction) -> str:
        body = a_prompt(steps=(a_step(accept=actions, title=name, message="An offer."),))
        saved = self.house.publish_prompt.save_draft(self.app, name=name, body=body)
        self.house.publish_prompt.start(self.app, saved.id, by="olga")
        return saved.id

    def happened(self, prompt_id: str, kind: Kind, user: str = "ann", **changes: object) -> str:
        """One deed of a visitor, at this instant. Its id."""
        self._clicks += 1
        key, now = f"{self.app}-{self._clicks}", self.clock.now()
        with self.house.database.writing() as transaction:
            prompt = find_prompt(transaction, self.app, prompt_id)
            values: dict[str, Any] = {
                "id": key,
                "app_id": self.app,
                "visitor": f"u:{user}",
                "user_id": user,
                "prompt_id": prompt_id,
                "version": prompt.version if prompt else 1,
                "variation": "default",
                "snapshot_hash": "",
                "decision": key,
                "view": "v",
                "step": "offer",
                "kind": kind,
                "claim": key,
                "values": {},
                "billing_id": None,
                "billing_id_source": "token",
                "show": True,
                "refusal": None,
                "decided_at": now,
                "received_at": now,
                **changes,
            }
            assert add_interaction(transaction, InteractionRow(**values))
        return key

    def click(
        self, prompt_id: str, who: Customer, *actions: tuple[str, dict[str, str]]
    ) -> list[str]:
        """An accept with its runs, as yet untried. Their ids."""
        row = self.connection()
        assert row is not None
        key = self.happened(prompt_id, Kind.ACCEPT, who.user)
        now = self.clock.now()
        runs = [
            ActionRun(
                id=run_id(key, position),
                interaction_id=key,
                position=position,
                app_id=self.app,
                connection_id=row.id,
                connector="chargify",
                action=action,
                parameters=parameters,
                user_id=who.user,
                billing_id=str(who.id),
                lane=row.lane(str(who.id)),
                sequence=self._clicks * 16 + position,
                stop_on_error=True,
                moves_money=action != "cancel_subscription",
                created_at=now,
                deadline_at=None,
                due_at=now,
            )
            for position, (action, parameters) in enumerate(actions)
        ]
        with self.house.database.writing() as transaction:
            for run in runs:
                add_run(transaction, run)
        return [run.id for run in runs]

    def work(self) -> None:
        """Do every step that is due at this instant."""
        while True:
            now = self.clock.now()
            with self.house.database.writing() as transaction:
                until = now + timedelta(seconds=30)
                claimed = claim_due_runs(transaction, owner="w", now=now, until=until, limit=10)
            if not claimed:
                return
            for run in claimed:
                self.house.run_actions.advance(run)

    def run(self, run: str) -> ActionRun:
        with self.house.database.reading() as reader:
            return get_run(reader, run)


@dataclass
class BilledHouse:
    """Served over HTTP beside a site; each test opens an app of its own in it."""

    house: House
    url: str
    site: BillingSite
    clock: FrozenClock
    admin: Person

    def open(self) -> BilledApp:
        """A new app, not connected yet."""
        app = self.house.manage_app.create("Acme", domains=("https://acme.io",)).id
        return BilledApp(self.house, self.site, self.clock, app)

    def visitor(self, person: Person | None = None) -> Visitor:
        """A browser of the administrator, or of somebody else."""
        return signed_in(self.house, self.url, person or self.admin)


@contextmanager
def a_billed_house(data: Path) -> Generator[BilledHouse]:
    clock = FrozenClock()
    with billing_site() as site:
        settings = Settings(data=data, url=ORIGIN, simulator_hosts=(site.host,))
        registry = Registry([ChargifyConnector()])
        built = build(settings, clock, environment=LIMITS, registry=registry)
        passwords = Passwords(CHEAP)
        links = OneTimeLinks(built.database, passwords, clock)
        house = replace(built, passwords=passwords, links=links)
        try:
            with served(house) as url:
                yield BilledHouse(house, url, site, clock, the_first(house))
        finally:
            built.close()
