"""Runs as operators find them: done, refused, in doubt for a day, charged another price."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from msgspec.structs import replace
from sqlalchemy import update

from console.billing_rig import BilledApp, BilledHouse
from console.rig import Visitor, somebody
from journeys.billing_site import DECLINED, Customer
from journeys.rig import cancel, coupon
from standfast.contract.actions import Preview
from standfast.contract.catalogue import Money
from standfast.domain.action_run import ActionRun, RunResult, RunState
from standfast.domain.attempt_chain import EntryKind
from standfast.domain.roles import Role
from standfast.store.bodies import packed
from standfast.store.runs import list_runs, save_run
from standfast.store.schema import action_runs

LATER = {"when": "end_of_period", "reason_code": "CH1"}
INCIDENT = "Charged $31.00, shown $29.00."
DELAYED_CANCEL = "/subscriptions/*/delayed_cancel.json"


@dataclass
class Scenes:
    """One app of a billed house."""

    stage: BilledHouse
    billed: BilledApp
    leaving: str
    offer: str
    people: int = 0
    _session: tuple[datetime, Visitor] | None = None

    @classmethod
    def open(cls, stage: BilledHouse) -> "Scenes":
        billed = stage.open()
        billed.connect()
        billed.sync()
        leaving = billed.publish("Leaving", cancel("end_of_period", reason_code="CH1"))
        offer = billed.publish("Offer", coupon("TEN"))
        return cls(stage, billed, leaving, offer)

    @property
    def ada(self) -> Visitor:
        """The company's administrator, who signs in anew when an hour has passed."""
        now = self.billed.clock.now()
        if self._session is None or now - self._session[0] > timedelta(hours=1):
            self._session = now, self.stage.visitor()
        return self._session[1]

    def path(self, run: str, rest: str = "") -> str:
        return f"/apps/{self.billed.app}/runs/{run}{rest}"

    def somebody(self, role: Role) -> Visitor:
        return self.stage.visitor(somebody(self.stage.house, self.billed.app, role))

    def customer(self, *, plan: str | None = "pro", **card: str) -> Customer:
        self.people += 1
        name = f"p{self.people}-{self.billed.app[-6:].lower()}"
        made = self.stage.site.add_customer(name, plan=plan, **card)
        self.billed.house.sync_connections.request(self.billed.connect().id)
        self.billed.sync()
        return made

    def clicked(self, who: Customer, action: str, parameters: dict[str, str]) -> str:
        """A click of one action, worked off. The run."""
        prompt = self.leaving if action == "cancel_subscription" else self.offer
        (run,) = self.billed.click(prompt, who, (action, parameters))
        self.billed.work()
        return run

    def cancelled(self, who: Customer | None = None) -> str:
        return self.clicked(who or self.customer(), "cancel_subscription", LATER)

    def refused(self) -> str:
        who = self.customer(plan=None, card=DECLINED)
        plan = {"plan": self.stage.site.plans["pro"]}
        return self.clicked(who, "create_subscription", plan)

    def doubtful(self, who: Customer | None = None) -> str:
        """Done, but nobody could find that out for a day."""
        chargify = self.stage.site.chargify
        chargify.fault("POST", DELAYED_CANCEL, "cut_after", times=1)
        run = self.cancelled(who)
        chargify.down()
        while self.billed.run(run).state is not RunState.NEEDS_OPERATOR:
            self.billed.clock.advance(3_600)
            self.billed.work()
        chargify.down(False)
        self.billed.clock.advance(3_600)
        return run

    def overcharged(self) -> str:
        """Made, at another price than was shown."""
        run = self.billed.run(self.cancelled())
        odd = replace(
            run,
            incident=INCIDENT,
            result=RunResult(reference=run.result.reference, charged=Money(3_100, "USD")),
        )
        with self.billed.house.database.writing() as transaction:
            save_run(transaction, odd, EntryKind.CHANGED, {}, at=self.billed.clock.now())
            transaction.connection.execute(
                update(action_runs)
                .where(action_runs.c.id == run.id)
                .values(quoted=packed(Preview(Money(2_900, "USD"))))
            )
        return run.id

    def child(self, run: str) -> ActionRun:
        """The only run that was begun because of this one."""
        with self.billed.house.database.reading() as reader:
            family = list_runs(reader, self.billed.run(run).interaction_id)
        (only,) = [one for one in family if one.parent_id == run]
        return only
