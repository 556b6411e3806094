"""Requests in flight per site: four run, more wait their turn, too many are refused."""

import asyncio
from collections import deque
from collections.abc import Callable


class Slots:
    """What is in flight counts while its client is there.

    A client that has hung up is seen by our loop a moment after the system knows of it. In that
    moment its next request may be here, so the system is asked before a maximum grows.
    """

    def __init__(self) -> None:
        self.running = 0
        self.max_running = 0
        self.max_queued = 0
        self.max_in_flight = 0
        self._queue: deque[asyncio.Future[None]] = deque()
        self._clients: dict[asyncio.Future[None], Callable[[], bool]] = {}

    @property
    def in_flight(self) -> int:
        """Requests that arrived and are unanswered, waiting ones included."""
        return self.running + len(self._queue)

    def enter(
        self, *, limit: int, queue: int, is_there: Callable[[], bool] = lambda: True
    ) -> asyncio.Future[None] | None:
        """A future that is done when the request may run; None when the queue is full.

        `is_there` tells whether its client still waits for the answer.
        """
        if self.running < limit and not self._queue:
            turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            turn.set_result(None)
            self.running += 1
        elif len(self._queue) < queue:
            turn = asyncio.get_running_loop().create_future()
            self._queue.append(turn)
        else:
            return None
        self._clients[turn] = is_there
        self._remember()
        return turn

    def leave(self, turn: asyncio.Future[None], *, limit: int) -> None:
        self._clients.pop(turn, None)
        if turn.done() and not turn.cancelled():
            self.running -= 1
        elif turn in self._queue:
            self._queue.remove(turn)
        self.admit(limit=limit)

    def admit(self, *, limit: int) -> None:
        while self._queue and self.running < limit:
            turn = self._queue.popleft()
            if not turn.cancelled():
                self.running += 1
                turn.set_result(None)
        self._remember()

    def forget_maxima(self) -> None:
        self.max_running = self.max_queued = self.max_in_flight = 0

    def _remember(self) -> None:
        self.max_running = max(self.max_running, self.running)
        self.max_queued = max(self.max_queued, len(self._queue))
        self.max_in_flight = max(self.max_in_flight, self.awaited())

    def awaited(self) -> int:
        """Requests in flight; those above the maximum so far only if their clients are there."""
        if self.in_flight <= self.max_in_flight:
            return self.in_flight
        return sum(is_there() for is_there in self._clients.values())
