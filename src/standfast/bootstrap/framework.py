"""The framework behind the edge, imported in a thread of its own."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future

from standfast.web.edge import AsgiApp


class Framework:
    """The framework takes a second to import; the edge does not wait for it."""

    def __init__(self, build: Callable[[], AsgiApp]) -> None:
        self._build_it = build
        self._built: Future[AsgiApp] = Future()
        self._thread = threading.Thread(target=self._build, name="framework", daemon=True)
        self._begun = threading.Lock()

    def begin(self) -> None:
        """Build it in a thread of its own; a second call does nothing."""
        if self._begun.acquire(blocking=False):
            self._thread.start()

    async def ready(self) -> AsgiApp:
        self.begin()
        return await asyncio.shield(asyncio.wrap_future(self._built))

    def _build(self) -> None:
        try:
            self._built.set_result(self._build_it())
        except BaseException as error:  # noqa: BLE001 - whoever waits must hear of it
            self._built.set_exception(error)
