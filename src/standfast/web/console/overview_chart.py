"""The chart of the last thirty days: accepts and refusals within what was shown, day by day."""

from dataclasses import dataclass
from datetime import date

from standfast.services.read_overview import Overview, Tally

LABEL_EVERY = 7


@dataclass(frozen=True)
class Bar:
    """From the bottom of the column, in per cent of its height."""

    kind: str
    bottom: float
    height: float

    @property
    def top(self) -> float:
        """SVG counts from above."""
        return round(100 - self.bottom - self.height, 2)


@dataclass(frozen=True)
class Column:
    """`side` is where its tip has room; a minor label gives way on a narrow screen."""

    day: date
    tally: Tally
    bars: tuple[Bar, ...]
    label: str
    is_minor: bool
    side: str

    @property
    def name(self) -> str:
        return f"{self.day:%A}, {self.day.day} {self.day:%B}"


@dataclass(frozen=True)
class Chart:
    """`ticks` are the labels of the vertical axis, the highest first."""

    columns: tuple[Column, ...]
    ticks: tuple[int, ...]


def chart_of(overview: Overview) -> Chart:
    top = nice_top(max((_height(tally) for _, tally in overview.days), default=0))
    count = len(overview.days)
    columns = tuple(
        Column(
            day=day,
            tally=tally,
            bars=_bars(tally, top),
            label=_label(day, count - 1 - place),
            is_minor=(count - 1 - place) % (2 * LABEL_EVERY) != 0,
            side="left" if place < count / 3 else "right" if place >= 2 * count / 3 else "middle",
        )
        for place, (day, tally) in enumerate(overview.days)
    )
    return Chart(columns, (top, top // 2, 0))


def nice_top(highest: int) -> int:
    """The end of the axis: even, round, and at least as high as the highest column.

    7 → 8, 35 → 40, 101 → 200.
    """
    size = 1
    while True:
        for step in (2, 4, 6, 8, 10):
            if step * size >= highest:
                return step * size
        size *= 10


def share(part: int, whole: int) -> str:
    """As in "12.5 %"; a dash where there is nothing to divide by."""
    return f"{100 * part / whole:.1f} %" if whole else "–"


def _height(tally: Tally) -> int:
    return max(tally.impressions, tally.accepts + tally.refused)


def _bars(tally: Tally, top: int) -> tuple[Bar, ...]:
    accepts, refused = 100 * tally.accepts / top, 100 * tally.refused / top
    bars = (
        Bar("shown", 0, round(100 * tally.impressions / top, 2)),
        Bar("accepted", 0, round(accepts, 2)),
        Bar("refused", round(accepts, 2), round(refused, 2)),
    )
    return tuple(one for one in bars if one.height)


def _label(day: date, from_the_end: int) -> str:
    return f"{day.day} {day:%b}" if from_the_end % LABEL_EVERY == 0 else ""
