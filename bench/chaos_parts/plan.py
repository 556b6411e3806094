"""What will happen, all of it drawn from one seed before anything begins."""

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from chaos_parts.intents import Action


class Delivery(StrEnum):
    """How the click reaches Standfast: one to three times."""

    ONCE = "once"
    DOUBLE_CLICK = "double click"
    TWO_TABS = "two tabs"
    RELOAD = "reload"
    RETRY = "retry after a cut"
    TABS_AND_RETRY = "two tabs and a retry"


class Window(StrEnum):
    """What a killed process had done for a run, and not yet done."""

    BEFORE_INTENT = "before intent"
    INTENT_CALL = "intent-call"
    EFFECT_OUTCOME = "effect-outcome"
    OUTCOME_ANSWER = "outcome-answer"


class Trouble(StrEnum):
    """What the twin does to a request."""

    CUT_BEFORE = "cut before the effect"
    CUT_AFTER = "cut after the effect"
    THROTTLED = "429"
    HTML_500 = "500 as HTML, no effect"
    HTML_500_AFTER = "500 as HTML after the effect"
    CONFLICT = "409, no effect"
    CONFLICT_AFTER = "409 after the effect"
    LATE_EFFECT = "effect after the time-out"
    LATE_ANSWER = "answer after the time-out"
    HELD_BEFORE = "held before the effect, then let go"
    HELD_AFTER = "held after the effect, then let go"
    READ_CUT = "read before the write cut"
    READ_500 = "read before the write 500"


T = TypeVar("T")

KILL_EVERY = 19
DECLINED_EVERY = 7
SPARE_EVERY = 50
"""One spare round for so many, and twelve at least."""


@dataclass(frozen=True)
class Round:
    """One visitor's intention. `kill` is the window that its kill aims at."""

    number: int
    action: Action
    delivery: Delivery
    trouble: Trouble | None
    kill: Window | None
    is_declined: bool
    luck: int

    @property
    def user(self) -> str:
        return f"user-{self.number}"

    def actions(self) -> tuple[Action, ...]:
        """An outcome without an answer is had by a batch whose second run is held up."""
        if self.kill is Window.OUTCOME_ANSWER:
            return (Action.COUPON, Action.CANCEL)
        return (self.action,)


def draw(rounds: int, seed: int) -> tuple[list[Round], list[Round]]:
    """The rounds, half of them with a fault, and spare ones for windows that a kill has missed."""
    luck = random.Random(seed)
    actions = itertools.cycle(Action)
    deliveries, troubles = _shuffled(luck, list(Delivery)), _shuffled(luck, list(Trouble))
    windows = _shuffled(luck, list(Window))
    creates = itertools.count(1)
    killing = {number for number in range(rounds) if number % KILL_EVERY == 5}
    quiet = [number for number in range(rounds) if number not in killing]
    troubled = set(luck.sample(quiet, min(len(quiet), (rounds + 1) // 2)))
    drawn: list[Round] = []
    for number in range(rounds):
        action = next(actions)
        kill = next(windows) if number in killing else None
        if kill is Window.OUTCOME_ANSWER:
            action = Action.COUPON
        is_declined = action is Action.CREATE and next(creates) % DECLINED_EVERY == 0
        drawn.append(
            Round(
                number,
                action,
                Delivery.ONCE if kill else next(deliveries),
                next(troubles) if number in troubled else None,
                kill,
                is_declined,
                luck.getrandbits(32),
            )
        )
    spare = [
        Round(rounds + n, Action.COUPON, Delivery.ONCE, None, Window.BEFORE_INTENT, False, n)
        for n in range(max(12, rounds // SPARE_EVERY))
    ]
    return drawn, spare


def _shuffled(luck: random.Random, kinds: list[T]) -> Iterator[T]:
    """All kinds equally often, each time in another order."""
    while True:
        yield from luck.sample(kinds, len(kinds))
