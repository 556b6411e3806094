"""Takes a person out of everything we keep; that their bill was changed stays provable."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from standfast.clock import Clock
from standfast.connectors.registry import Registry
from standfast.domain.action_run import ActionRun, RunState
from standfast.domain.roles import Permission
from standfast.services.errors import FieldInvalid, NotFound, NotNow
from standfast.services.permissions import Acting
from standfast.services.read_visitor import connected_billers, holds_of
from standfast.services.seal_audit import SealAudit
from standfast.services.see_visitors import SeeVisitors
from standfast.services.write_audit import reason_given, write_audit
from standfast.store.billing import find_customer_id
from standfast.store.database import Database, Reader, Transaction
from standfast.store.erasure import (
    Known,
    Person,
    erase_deeds,
    erase_interactions,
    erase_mirrored,
    erase_news,
    erase_run,
    erase_visitor,
    is_open,
    list_billing_ids,
    list_runs_of,
    list_subscription_ids,
)
from standfast.store.seals import lock_chain
from standfast.store.visitor_batches import list_deeds
from standfast.store.visitors import find_visitor

SHORTEST_WORD = 4
"""So short a trait ("yes", "pro") names nobody; the reason may hold it."""


@dataclass(frozen=True)
class Erased:
    """What was emptied. `pseudonym` stands where the person's id stood."""

    pseudonym: str
    interactions: int
    runs: int
    lines: int
    changes: int


@dataclass(frozen=True)
class EraseVisitor(Acting):
    """The mirror first, then all the rest in one transaction: a kill in between loses nothing."""

    database: Database
    registry: Registry
    seals: SealAudit
    seeing: SeeVisitors
    clock: Clock

    def erase(self, app_id: str, user_id: str, *, reason: str, confirmed: str) -> Erased:
        """For ever. `confirmed` is the user id once more; `reason` must name nobody.

        Raises `Forbidden`, `FieldInvalid`, `NotFound`, and `NotNow` while a change is under way.
        """
        self._allow(Permission.CHANGE_VISITORS, app_id)
        if confirmed != user_id:
            raise FieldInvalid("Type the visitor’s id exactly as above.", field="confirmed")
        person = Person(app_id, user_id, f"erased-{secrets.token_hex(8)}")
        reason = reason_given(reason, ask="Say why, without naming the person.")
        known = self._looked_up(person, reason)
        with self.database.writing_mirror() as mirror:
            for one in known:
                erase_mirrored(mirror, one)
        self.seeing.forget(app_id, user_id)
        with self.database.writing() as transaction:
            lock_chain(transaction)
            return self._erased(transaction, person, known, reason)

    def _looked_up(self, person: Person, reason: str) -> list[Known]:
        with self.database.reading() as core, self.database.reading_mirror() as mirror:
            runs = list_runs_of(core, person.app_id, person.user_id)
            row = find_visitor(core, person.app_id, person.user_id)
            if row is None and not list_deeds(core, person.app_id, person.key, limit=1):
                raise NotFound("There is no such visitor.", field="user_id")
            _refuse_open(runs)
            traits = row.traits if row else {}
            _refuse_names(reason, person.user_id, map(str, traits.values()))
            return self._known(core, mirror, person, runs)

    def _known(
        self, core: Reader, mirror: Reader, person: Person, runs: Iterable[ActionRun]
    ) -> list[Known]:
        row = find_visitor(core, person.app_id, person.user_id)
        ids = list_billing_ids(core, person.app_id, person.user_id)
        ids |= {run.billing_id for run in runs}
        targets = {run.target for run in runs} | {run.result.reference for run in runs}
        found: list[Known] = []
        for connection, connector in connected_billers(core, self.registry, person.app_id):
            told = row.traits.get(connector.spec.trait) if row else None
            wanted = [*ids, *([str(told)] if told is not None else [])]
            holds = holds_of(connection)
            customers = {find_customer_id(mirror, connection.id, one, holds) for one in wanted}
            whom = frozenset(one for one in customers if one)
            subscriptions = list_subscription_ids(mirror, connection.id, whom)
            subscriptions |= {one for one in targets if one}
            found.append(Known(connection.id, whom, frozenset(subscriptions)))
        return found

    def _erased(
        self, transaction: Transaction, person: Person, known: Iterable[Known], reason: str
    ) -> Erased:
        now = self.clock.now()
        runs = list_runs_of(transaction, person.app_id, person.user_id)
        _refuse_open(runs)
        answers = {
            answer
            for deed in list_deeds(transaction, person.app_id, person.key, limit=10_000)
            for answer in deed.values.values()
        }
        lines = sum(
            erase_run(transaction, run, person, parameters=self._plain(run, answers))
            for run in runs
        )
        deeds = erase_deeds(transaction, person, {run.id for run in runs})
        interactions = erase_interactions(transaction, person)
        _refuse_late(runs, list_runs_of(transaction, person.app_id, person.pseudonym))
        erase_visitor(transaction, person)
        for one in known:
            erase_news(transaction, one, at=now)
        erased = Erased(person.pseudonym, interactions, len(runs), lines, len(deeds))
        self.seals.seal_erased(transaction, runs=[run.id for run in runs], deeds=deeds)
        told = {name: value for name, value in vars(erased).items() if name != "pseudonym"}
        write_audit(
            transaction, self.actor, "visitor.erased", person.pseudonym,
            at=now, app_id=person.app_id, after=told, reason=reason,
        )  # fmt: skip
        return erased

    def _plain(self, run: ActionRun, answers: set[str]) -> dict[str, str]:
        """The author's own parameters: what the person answered, and what may be theirs, goes."""
        spec = self.registry.find_action(run.connector, run.action)
        known = spec.parameters if spec else ()
        authors = {one.key for one in known if not one.may_be_answered}
        return {
            key: value
            for key, value in run.parameters.items()
            if key in authors and value not in answers
        }


def _refuse_names(reason: str, user_id: str, traits: Iterable[str]) -> None:
    said = reason.lower()
    words = [one.lower() for one in traits if len(one) >= SHORTEST_WORD]
    if user_id.lower() in said.split() or any(one in said for one in words):
        told = "The reason stays in the audit log: leave out what names the person."
        raise FieldInvalid(told, field="reason")


def _refuse_late(erased: Iterable[ActionRun], now: Iterable[ActionRun]) -> None:
    """A run begun meanwhile would keep its person's ids, and be carried out."""
    if {run.id for run in now} - {run.id for run in erased}:
        raise NotNow("A change of theirs began at this very moment. Wait until it has ended.")


def _refuse_open(runs: Iterable[ActionRun]) -> None:
    still = [run for run in runs if is_open(run)]
    if not still:
        return
    told = ", ".join(f"{run.id} ({run.state.replace('_', ' ')})" for run in still[:5])
    advice = "Wait until they have ended."
    if any(run.state is RunState.NEEDS_OPERATOR for run in still):
        advice = "First record what happened to those that need an operator, on the run’s page."
    raise NotNow(f"{len(still)} of their changes are not settled: {told}. {advice}")
