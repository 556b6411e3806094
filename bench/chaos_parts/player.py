"""Plays the rounds: visitors click, the twin misbehaves, processes are killed in mid-work."""

import contextlib
import random
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import httpx2

from chaos_parts.evidence import Ledger, TwinLog, window_of
from chaos_parts.house import AppKeys, Customer
from chaos_parts.intents import Action
from chaos_parts.plan import Delivery, Round, Window
from chaos_parts.processes import Fleet, Program
from chaos_parts.troubles import HOLDS, hold_for, order
from chaos_parts.visitor import Clicked, Page, Traffic
from chargify_simulator.testing import RunningSimulator

HELD_SECONDS = 5.0


@dataclass
class Played:
    """A round and what its visitor was told; `accepted` holds every delivery's answer."""

    round: Round
    customer: Customer
    page: Page
    accepted: dict[Action, list[Clicked]] = field(default_factory=dict[Action, list[Clicked]])
    failure: str | None = None

    def take(self, answers: dict[str, Clicked]) -> None:
        for step, clicked in answers.items():
            self.accepted.setdefault(Action(step), []).append(clicked)


@dataclass(frozen=True)
class Kill:
    """`window` is where the run stood, by the journal.

    None when it was over and told, or when another process than the one that was killed held it.
    """

    aim: Window
    window: Window | None
    at: datetime


@dataclass
class Player:
    """Everything a round needs. `play` may be called from many threads."""

    fleet: Fleet
    twin: RunningSimulator
    log: TwinLog
    ledger: Ledger
    keys: AppKeys
    customers: dict[int, Customer]
    client: httpx2.Client
    fingers: ThreadPoolExecutor
    traffic: Traffic = field(default_factory=Traffic)
    kills: list[Kill] = field(default_factory=list[Kill])
    _killing: threading.Lock = field(default_factory=threading.Lock)

    def play(self, one: Round) -> Played:
        luck = random.Random(one.luck)
        customer = self.customers[one.number]
        page = Page(
            self.client, self.fleet.fronts, self.keys, one.user, customer.id, self.traffic, luck
        )
        played = Played(one, customer, page)
        try:
            if one.kill is None:
                self._deliver_in_trouble(played, luck)
            else:
                self._deliver_and_kill(played, one.kill, luck)
        except Exception as error:  # noqa: BLE001 - one round's failure is for the judge to tell
            played.failure = f"{type(error).__name__}: {error}"
        return played

    def _deliver_in_trouble(self, played: Played, luck: random.Random) -> None:
        one = played.round
        tabs = [self._clicks(played), self._clicks(played)]  # before anything is accepted
        if one.trouble is None:
            self._deliver(played, tabs, luck)
            return
        fault = order(self.twin, one.trouble, one.action, played.customer)
        letting_go: Future[None] | None = None
        if one.trouble in HOLDS:
            letting_go = self.fingers.submit(self._let_go, fault, luck.uniform(0, 1.0))
        self._deliver(played, tabs, luck)
        if letting_go is not None:
            letting_go.result()
        self.log.forget_fault(fault)

    def _clicks(self, played: Played) -> dict[str, str]:
        tokens = played.page.decide()
        return {step: tokens[step] for step in played.round.actions()}

    def _deliver(self, played: Played, tabs: list[dict[str, str]], luck: random.Random) -> None:
        page, (first, second) = played.page, tabs
        leave_after = luck.choice((0.002, 0.01, 0.05, 0.2))
        match played.round.delivery:
            case Delivery.ONCE:
                played.take(page.accept(first))
            case Delivery.DOUBLE_CLICK:
                self._at_once(played, first, first)
            case Delivery.TWO_TABS:
                self._at_once(played, first, second)
            case Delivery.RETRY:
                played.take(page.accept_or_leave(first, leave_after))
                played.take(page.accept(first))
            case Delivery.RELOAD:
                played.take(page.accept_or_leave(first, leave_after))
                page.decide()
                played.take(page.accept(first))
            case Delivery.TABS_AND_RETRY:
                left = self.fingers.submit(page.accept_or_leave, first, leave_after)
                played.take(page.accept(second))
                played.take(left.result())
                played.take(page.accept(first))

    def _at_once(self, played: Played, *deliveries: dict[str, str]) -> None:
        for answer in [self.fingers.submit(played.page.accept, one) for one in deliveries]:
            played.take(answer.result())

    def _let_go(self, fault: int, after_seconds: float) -> None:
        with contextlib.suppress(TimeoutError):  # a create's fault may have struck another one
            self.twin.wait_until_held(fault, timeout=HELD_SECONDS)
        time.sleep(after_seconds)
        self.twin.release(fault)

    def _deliver_and_kill(self, played: Played, aim: Window, luck: random.Random) -> None:
        clicks = self._clicks(played)
        is_blind = aim is Window.BEFORE_INTENT and luck.random() < 0.5
        front = luck.choice(self.fleet.fronts)
        page = replace(played.page, fronts=(front,))
        with self._killing:
            fault = None if is_blind else self._hold(played, aim)
            answer = self.fingers.submit(page.accept, clicks)
            if fault is None:
                time.sleep(luck.uniform(0, 0.004))  # the click is on its way, or just written
                program = front
            else:
                with contextlib.suppress(TimeoutError):
                    self.twin.wait_until_held(fault, timeout=HELD_SECONDS)
                program = front if aim is Window.OUTCOME_ANSWER else self._holder(played, fault)
            killed_at = self._kill(program or luck.choice(self.fleet.workers), fault, luck)
        played.take(answer.result())
        window = None
        if program is not None:
            window = self._window_hit(played, aim, fault, killed_at)
        self.kills.append(Kill(aim, window, killed_at))

    def _hold(self, played: Played, aim: Window) -> int:
        return hold_for(self.twin, aim, played.round.actions()[-1], played.customer)

    def _holder(self, played: Played, fault: int) -> Program | None:
        """The process that holds the lease of the run whose call is held."""
        run_id = _reference_in(self.log.of_fault(fault))
        pid = self.ledger.holder(played.round.user, run_id)
        return next((one for one in self.fleet.workers if one.pid == pid), None)

    def _kill(self, program: Program, fault: int | None, luck: random.Random) -> datetime:
        """A held request goes on while nobody listens, when somebody does again, or never."""
        release_at = luck.choice(("while dead", "after the start", "never"))
        killed_at = datetime.now(UTC)
        program.kill()
        try:
            if fault is not None and release_at == "while dead":
                self.twin.release(fault)
        finally:
            program.start()
        if fault is not None and release_at == "after the start":
            self.twin.release(fault)
        return killed_at

    def _window_hit(
        self, played: Played, aim: Window, fault: int | None, killed_at: datetime
    ) -> Window | None:
        """By the journal and the twin's log: where did the run that was held stand?"""
        call = self.log.of_fault(fault) if fault is not None else None
        action = played.round.actions()[0]
        run_id = _reference_in(call) or played.accepted[action][0].runs[0]
        told = [one.at for one in played.accepted[action] if one.is_settled]
        return window_of(
            self.ledger.journals([run_id])[run_id],
            killed_at,
            has_effect=aim is Window.EFFECT_OUTCOME and call is not None and call["effect"],
            told_at=min(told, default=None),
        )


def _reference_in(call: dict[str, Any] | None) -> str | None:
    """The run that a held create belongs to; creates share one path, so it may be another's."""
    ordered = ((call or {}).get("body") or {}).get("subscription") or {}
    reference = ordered.get("reference")
    return reference.removeprefix("sf-") if reference else None
