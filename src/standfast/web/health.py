"""Whether this process can serve: what a load balancer asks."""

from collections.abc import Callable, Mapping

import msgspec
import structlog

Check = Callable[[], None]

_log = structlog.get_logger()


class HealthReport(msgspec.Struct, frozen=True):
    """`checks` says "ok" or what is wrong, without any detail a stranger could use."""

    status: str
    checks: dict[str, str]

    @property
    def is_ready(self) -> bool:
        return self.status == "ok"


class Health:
    """`checks` raise when something is wrong."""

    def __init__(self, checks: Mapping[str, Check]) -> None:
        self._checks = dict(checks)
        self._was_ready = True

    def read(self) -> HealthReport:
        found = {name: self._judged(name, check) for name, check in self._checks.items()}
        is_ready = all(text == "ok" for text in found.values())
        if is_ready and not self._was_ready:
            _log.info("readiness.regained")
        self._was_ready = is_ready
        return HealthReport("ok" if is_ready else "not ready", found)

    def _judged(self, name: str, check: Check) -> str:
        try:
            check()
        except Exception:  # noqa: BLE001 - whatever it is, we are not ready
            if self._was_ready:
                _log.exception("readiness.lost", check=name)
            return "failed"
        return "ok"
