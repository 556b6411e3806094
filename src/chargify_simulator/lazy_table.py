"""A table whose rows are computed when asked for; only edited rows are kept."""

from collections.abc import Callable, Iterator, MutableMapping
from datetime import datetime
from typing import Protocol, TypeVar


class Row(Protocol):
    id: int
    created_at: datetime
    updated_at: datetime


R = TypeVar("R", bound=Row)


class LazyTable(MutableMapping[int, R]):
    def __init__(
        self,
        first_id: int,
        rows: int,
        make: Callable[[int], R | None],
        has: Callable[[int], bool] = lambda _: True,
    ) -> None:
        self.first_id = first_id
        self.rows = rows
        self.make = make
        self.has = has
        """False where the generated table has a gap."""
        self.kept: dict[int, R] = {}
        self.removed: set[int] = set()
        self.version = 0

    def __getitem__(self, number: int) -> R:
        if number in self.kept:
            return self.kept[number]
        index = number - self.first_id
        if not 0 <= index < self.rows or number in self.removed:
            raise KeyError(number)
        row = self.make(index)
        if row is None:
            raise KeyError(number)
        return row

    def __setitem__(self, number: int, row: R) -> None:
        self.kept[number] = row
        self.version += 1

    def __delitem__(self, number: int) -> None:
        self.kept.pop(number, None)
        self.removed.add(number)
        self.version += 1

    def __iter__(self) -> Iterator[int]:
        return self.numbers(is_descending=False)

    def __len__(self) -> int:
        added = sum(not self.is_generated(number) for number in self.kept)
        return self.rows + added - len(self.removed)

    def is_generated(self, number: int) -> bool:
        return 0 <= number - self.first_id < self.rows

    def is_untouched(self, number: int) -> bool:
        return number not in self.kept

    def numbers(self, *, is_descending: bool) -> Iterator[int]:
        """All ids; later ids were made later."""
        added = sorted(number for number in self.kept if not self.is_generated(number))
        generated = range(self.first_id, self.first_id + self.rows)
        order = [reversed(added), reversed(generated)] if is_descending else [generated, added]
        for part in order:
            for number in part:
                if number not in self.removed and self._is_there(number):
                    yield number

    def _is_there(self, number: int) -> bool:
        index = number - self.first_id
        return not 0 <= index < self.rows or self.has(index)
