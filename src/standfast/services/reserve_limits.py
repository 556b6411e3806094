"""Reserves what an accept takes of its prompt's limits, and gives it back when nothing came of it.

Both happen inside a transaction that somebody else began: the one that stores the interaction,
and the one that settles the last of its runs. So a process that dies leaves no counter wrong.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import structlog

from standfast.contract.actions import Refused
from standfast.domain.action_run import CAME_TO_NOTHING
from standfast.domain.interaction import Kind
from standfast.domain.limited_offer import wanted_by
from standfast.domain.limits import LIMITED, LimitsUsed, Reservation, day_of, refused
from standfast.domain.prompt import AttachedAction, Limits
from standfast.domain.request import DecideRequest
from standfast.domain.visitor import BillingId, Identity
from standfast.services.read_situation import Situations
from standfast.services.snapshots import Snapshots
from standfast.store.apps import find_app
from standfast.store.connections import list_connections
from standfast.store.database import Database, Transaction
from standfast.store.interactions import forget_accept, remember_accept
from standfast.store.limits import (
    add_reservations,
    find_used,
    give_back,
    lock_reservations,
    release_reservations,
    retake_reservations,
    take,
)
from standfast.store.runs import list_runs

_log = structlog.get_logger()


@dataclass(frozen=True)
class ReserveLimits:
    """The limits of the prompt as it is published now count, not those that were shown."""

    database: Database
    situations: Situations
    snapshots: Snapshots

    def wanted(
        self,
        identity: Identity,
        prompt_id: str,
        kind: Kind,
        actions: tuple[AttachedAction, ...],
        billing_ids: Mapping[str, BillingId],
        now: datetime,
    ) -> tuple[Reservation, ...] | Refused:
        """What this click must reserve; `Refused` where its cost cannot be told."""
        current = self.snapshots.current(identity.app_id)
        prompt = current.find_prompt(prompt_id)
        if kind not in LIMITED or prompt is None or prompt.body.limits == Limits():
            return ()
        limits = prompt.body.limits
        if limits.budget is not None and limits.budget.fixed_cost_in_cents is None:
            at = self.situations.read(identity, DecideRequest(), current, now, actions=actions)
            return wanted_by(limits, prompt_id, actions, at.limits, at.billers)
        who = self._who(identity, limits, billing_ids, now)
        return wanted_by(limits, prompt_id, actions, who, {})

    def _who(
        self,
        identity: Identity,
        limits: Limits,
        billing_ids: Mapping[str, BillingId],
        now: datetime,
    ) -> LimitsUsed:
        """Who clicks and on which day, as far as these limits ask for it."""
        day, customers = "", [identity.visitor]
        with self.database.reading() as reader:
            if limits.per_day is not None:
                app = find_app(reader, identity.app_id)
                assert app is not None
                day = day_of(now, app.time_zone)
            if limits.once_per_tag is not None:
                customers += [
                    row.lane(billing_ids[row.connector].value)
                    for row in list_connections(reader, identity.app_id)
                    if row.connector in billing_ids
                ]
        return LimitsUsed(day=day, customers=tuple(customers))


def reserve(
    transaction: Transaction, app_id: str, interaction_id: str, wanted: tuple[Reservation, ...]
) -> Refused | None:
    """Takes all of it, or nothing and says why."""
    taken: list[Reservation] = []
    for one in wanted:
        if take(transaction, app_id, one):
            taken.append(one)
            continue
        for earlier in taken:
            give_back(transaction, app_id, earlier.counter, earlier.amount)
        used = find_used(transaction, app_id, [one.counter])
        return refused(one, used.get(one.counter, 0))
    if taken:
        add_reservations(transaction, app_id, interaction_id, taken)
    return None


def release_if_over(transaction: Transaction, interaction_id: str, *, now: datetime) -> bool:
    """Gives back what the click holds once every run has ended and none did anything.

    A run that needs an operator keeps what it holds. It is no accept then either: the prompt
    comes back as after a dismissal.

    The reservations are locked before the runs are looked at: of two runs that end at the same
    moment the later one sees both.
    """
    has_any = lock_reservations(transaction, interaction_id)
    if any(run.state not in CAME_TO_NOTHING for run in list_runs(transaction, interaction_id)):
        return False
    forget_accept(transaction, interaction_id)
    if not has_any:
        return False
    released = release_reservations(transaction, interaction_id, at=now)
    _log.info("limits.released", interaction=interaction_id, counters=len(released))
    return True


def hold_again(transaction: Transaction, interaction_id: str) -> None:
    """An operator runs again what had ended: it counts again, even past the limit.

    To be called before the new run is written: a run that ends just now has given back by then,
    or sees the new one.
    """
    lock_reservations(transaction, interaction_id)
    retake_reservations(transaction, interaction_id)
    remember_accept(transaction, interaction_id)
