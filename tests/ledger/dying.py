"""A database whose user is killed at a commit. The product has no hook for it."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, TypeVar, cast

from standfast.store.database import Database, Transaction

T = TypeVar("T")


class Killed(BaseException):
    """Stands for SIGKILL: no handler of ours catches it."""


class DyingDatabase:
    """Passes everything on to the real database, and dies at its n-th commit."""

    def __init__(self, inner: Database, *, at_commit: int, before: bool) -> None:
        self._inner = inner
        self._left = at_commit
        self._before = before
        self.commits = 0

    def __getattr__(self, name: str):
        return getattr(self._inner, name)

    @contextmanager
    def writing(self, **how: Any) -> Generator[Transaction]:
        self._left -= 1
        is_last = self._left == 0
        with self._inner.writing(**how) as transaction:
            yield transaction
            if is_last and self._before:
                raise Killed
        self.commits += 1
        if is_last:
            raise Killed

    def write(self, work: Callable[[Transaction], T], **how: Any) -> T:
        return self._dying(self._inner.write, work, how)

    def write_one(self, work: Callable[[Transaction], T], **how: Any) -> T:
        """What is one statement is killed before it is sent: later it may be done already."""
        if self._left == 1 and self._before:
            raise Killed
        return self._dying(self._inner.write_one, work, how)

    def _dying(
        self, write: Callable[..., T], work: Callable[[Transaction], T], how: dict[str, Any]
    ) -> T:
        self._left -= 1
        is_last = self._left == 0

        def done(transaction: Transaction) -> T:
            result = work(transaction)
            if is_last and self._before:
                raise Killed
            return result

        result = write(done, **how)
        self.commits += 1
        if is_last:
            raise Killed
        return result


def dying_database(inner: Database, *, at_commit: int, before: bool) -> Database:
    return cast(Database, DyingDatabase(inner, at_commit=at_commit, before=before))
