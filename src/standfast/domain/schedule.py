"""When a prompt may be shown."""

from datetime import UTC, datetime

from standfast.domain.prompt import Schedule


def is_open(schedule: Schedule, now: datetime) -> bool:
    starts_at, ends_at = _aware(schedule.starts_at), _aware(schedule.ends_at)
    if starts_at is not None and now < starts_at:
        return False
    return ends_at is None or now < ends_at


def describe_schedule(schedule: Schedule) -> str:
    starts = schedule.starts_at.isoformat() if schedule.starts_at else None
    ends = schedule.ends_at.isoformat() if schedule.ends_at else None
    match starts, ends:
        case None, None:
            return "always open"
        case _, None:
            return f"from {starts}"
        case None, _:
            return f"until {ends}"
        case _:
            return f"from {starts} until {ends}"


def _aware(instant: datetime | None) -> datetime | None:
    """Preflight refuses an instant without offset; a draft that has one is read as UTC."""
    if instant is None or instant.tzinfo is not None:
        return instant
    return instant.replace(tzinfo=UTC)
