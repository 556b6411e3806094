"""What is drawn for a row: everything that varies, from (seed, index) alone."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from chargify_simulator.eastern import EASTERN

MASK = (1 << 64) - 1
PAST_DAYS, FUTURE_DAYS = 1000, 500
TIMES = 4096
FIRST_SECOND, STEP_SECONDS = 4 * 3600, 17
"""Every row has its time of day, between 04:00 and 23:21: past the hour when clocks change."""

STATES = (
    *(["active"] * 30),
    *(["canceled"] * 8),
    *(["trialing"] * 5),
    *(["past_due"] * 3),
    *("unpaid", "trial_ended", "expired", "on_hold", "awaiting_signup", "suspended"),
    *("soft_failure", "assessing", "pending", "paused", "active", "active", "canceled"),
    *("trialing", "past_due", "on_hold", "trial_ended", "expired"),
)
CARDS = ("good", "good", "good", "good", "declining", "expired", "vault", "none")
COUPON_SETS = (
    ("SAVE20",),
    ("ODD",),
    ("STACK5", "STACK7"),
    ("STACKFULL",),
    ("TENNER",),
    ("YEAR5",),
)
WAITING = {"awaiting_signup", "pending"}
OWING = {"past_due", "unpaid", "soft_failure"}
NEVER_PAID = {"trialing", "trial_ended", "awaiting_signup", "pending"}


class Drawn(NamedTuple):
    """Days count from the first one of the site's past."""

    state: str
    price: int
    coupons: int
    """Place in COUPON_SETS; -1 for none."""
    time: int
    created: int
    started: int
    ends: int
    updated: int
    canceled: int
    periods: int
    flags: int


def mix(seed: int, index: int) -> int:
    """Sixty-four bits that look like chance (splitmix64)."""
    bits = (index * 0x9E3779B97F4A7C15 + seed * 0xD1B54A32D192ED03 + 0x8CB92BA72F3D8DD7) & MASK
    bits = ((bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    bits = ((bits ^ (bits >> 27)) * 0x94D049BB133111EB) & MASK
    return bits ^ (bits >> 31)


class Dice:
    def __init__(self, seed: int, rows: int, lengths: list[int], has_coupons: list[bool]) -> None:
        self.seed = seed
        self.rows = rows
        self.lengths = lengths
        """Days of a period, by price."""
        self.has_coupons = has_coupons

    def draw(self, index: int) -> Drawn:
        bits = mix(self.seed, index)
        price = (bits & 0xFFFF) % len(self.lengths)
        state = STATES[(bits >> 16 & 0xFFFF) % len(STATES)]
        picked = bits >> 32 & 0x1F
        coupons = picked if picked < len(COUPON_SETS) and self.has_coupons[price] else -1
        created = index * (PAST_DAYS - 1) // self.rows
        length = self.lengths[price]
        periods = (PAST_DAYS - 1 - created) // length
        started = created + periods * length
        canceled = created + (PAST_DAYS - 1 - created) * (bits >> 37 & 0xFF) // 256
        updated = canceled if state in {"canceled", "on_hold", "expired"} else started
        return Drawn(
            state,
            price,
            coupons,
            bits >> 45 & (TIMES - 1),
            created,
            started,
            started + length,
            updated,
            canceled,
            periods,
            bits >> 57,
        )


class Days:
    """The days of a site as instants and as text, each computed once."""

    def __init__(self, today: datetime) -> None:
        noon = today.astimezone(EASTERN).replace(hour=12, minute=0, second=0, microsecond=0)
        first = noon - timedelta(days=PAST_DAYS)
        walls = [first + timedelta(days=n) for n in range(PAST_DAYS + FUTURE_DAYS)]
        # Reckoned back from noon: a row's time of day lies behind the hour when clocks change.
        self.midnights = [wall.astimezone(UTC) - timedelta(hours=12) for wall in walls]
        self.dates = [f'"{wall:%Y-%m-%d}T'.encode() for wall in walls]
        self.offsets = [f'{wall.isoformat()[-6:]}"'.encode() for wall in walls]
        seconds = [FIRST_SECOND + n * STEP_SECONDS for n in range(TIMES)]
        self.seconds = [timedelta(seconds=each) for each in seconds]
        self.times = [
            f"{each // 3600:02d}:{each // 60 % 60:02d}:{each % 60:02d}".encode() for each in seconds
        ]

    def instant(self, day: int, time: int) -> datetime:
        return self.midnights[day] + self.seconds[time]
