"""How often what happened, for charts and lists."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, func, select, type_coerce

from standfast.domain.interaction import Kind
from standfast.store.columns import EPOCH
from standfast.store.database import Reader
from standfast.store.schema import interactions

HOUR = timedelta(hours=1)
HOUR_MICROSECONDS = 3_600_000_000


@dataclass(frozen=True)
class HourCount:
    """What happened with one prompt within the hour that begins at `hour` (UTC)."""

    hour: datetime
    prompt_id: str
    kind: Kind
    is_refused: bool
    count: int


def count_by_hour(
    reader: Reader,
    app_id: str,
    *,
    since: datetime,
    until: datetime,
    prompt_id: str | None = None,
) -> tuple[HourCount, ...]:
    """Hours, so that a reader may fold them into the days of any whole-hour time zone."""
    microseconds = type_coerce(interactions.c.received_at, BigInteger)
    hour = microseconds.op("/")(HOUR_MICROSECONDS).label("hour")
    is_refused = interactions.c.refusal.is_not(None).label("is_refused")
    query = (
        select(hour, interactions.c.prompt_id, interactions.c.kind, is_refused, func.count())
        .where(
            interactions.c.app_id == app_id,
            interactions.c.received_at >= since,
            interactions.c.received_at < until,
        )
        .group_by("hour", interactions.c.prompt_id, interactions.c.kind, "is_refused")
        .order_by("hour")
    )
    if prompt_id is not None:
        query = query.where(interactions.c.prompt_id == prompt_id)
    return tuple(
        HourCount(EPOCH + HOUR * int(row[0]), row[1], Kind(row[2]), bool(row[3]), row[4])
        for row in reader.connection.execute(query)
    )
