"""When a prompt may be shown."""

from datetime import datetime

from standfast.domain.prompt import Schedule


def is_open(schedule: Schedule, now: datetime) -> bool:
    if schedule.starts_at is not None and now < schedule.starts_at:
        return False
    return schedule.ends_at is None or now < schedule.ends_at


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
