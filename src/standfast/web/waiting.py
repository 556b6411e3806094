"""Waits for runs without holding a thread."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from threading import Lock

from standfast.services.follow_result import Recorded
from standfast.store.signals import RUN_SETTLED, Signal, Signals

Wake = Callable[[], None]


class RunWaiter:
    """One listener for the process; it wakes whoever waits for an interaction.

    A signal is a hint, so a waiter also looks every `poll_seconds`.
    """

    def __init__(self, signals: Signals, *, poll_seconds: float) -> None:
        self._poll_seconds = poll_seconds
        self._waiting: dict[str, list[Wake]] = {}
        self._lock = Lock()
        signals.listen(self._hear, RUN_SETTLED)

    async def until_settled(
        self, interaction: str, read: Callable[[], Awaitable[Recorded]], *, seconds: float
    ) -> Recorded:
        """What `read` says when nothing more is under way, or when the time is over."""
        loop = asyncio.get_running_loop()
        give_up_at = loop.time() + seconds
        with self._watching(interaction) as changed:
            while True:
                changed.clear()
                recorded = await read()
                left = give_up_at - loop.time()
                if recorded.is_settled or left <= 0:
                    return recorded
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(changed.wait(), min(left, self._poll_seconds))

    @contextmanager
    def _watching(self, interaction: str) -> Generator[asyncio.Event]:
        changed, loop = asyncio.Event(), asyncio.get_running_loop()

        def wake() -> None:
            with contextlib.suppress(RuntimeError):  # the loop may be closing
                loop.call_soon_threadsafe(changed.set)

        with self._lock:
            self._waiting.setdefault(interaction, []).append(wake)
        try:
            yield changed
        finally:
            with self._lock:
                self._waiting[interaction].remove(wake)
                if not self._waiting[interaction]:
                    del self._waiting[interaction]

    def _hear(self, signal: Signal) -> None:
        with self._lock:
            wakes = list(self._waiting.get(signal.subject, ()))
        for wake in wakes:
            wake()
