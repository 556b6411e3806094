"""What part of a period is left, in money.

Seconds left in the period over its length, rounded to cents (inferred: the sources do not state
the clock). Worked example of the vendor: halfway through a month, 250.00 to 900.00: adjustment
-125.00, charge 900.00, due 775.00.
"""

from dataclasses import dataclass
from datetime import datetime


def share(cents: int, starts_at: datetime, ends_at: datetime, *, since: datetime) -> int:
    """The part of `cents` for the time from `since` to the end of the period."""
    whole = (ends_at - starts_at).total_seconds()
    left = min(max((ends_at - since).total_seconds(), 0), whole)
    return round(cents * left / whole) if whole > 0 else 0


@dataclass(frozen=True, slots=True)
class Proration:
    adjustment_in_cents: int
    """Zero or less: the rest of what was paid for the old plan."""
    charge_in_cents: int

    @property
    def due_in_cents(self) -> int:
        return max(self.charge_in_cents + self.adjustment_in_cents, 0)

    @property
    def credit_in_cents(self) -> int:
        return max(-(self.charge_in_cents + self.adjustment_in_cents), 0)


def adjustment(paid: int, starts_at: datetime, ends_at: datetime, *, since: datetime) -> int:
    """At least one cent back and at most what was paid; nothing when nothing was."""
    return -min(max(share(paid, starts_at, ends_at, since=since), 1), paid) if paid > 0 else 0
