"""What a kill switch says before and after: how many changes it concerns."""

from standfast.domain.stopping import UnderWay


def would_refuse(under_way: UnderWay) -> str:
    """Before a connection is switched off."""
    waiting = _changes(under_way.waiting, "waits and is refused", "wait and are refused")
    return f"{waiting or 'No change waits.'} {_looked_up(under_way)}".rstrip()


def told_refused(refused: UnderWay) -> str:
    """After it; nothing where nothing was under way."""
    waiting = _changes(refused.waiting, "that waited was refused", "that waited were refused")
    return f"{waiting} {_looked_up(refused)}".strip()


def would_cancel(under_way: UnderWay) -> str:
    """Before a prompt is stopped."""
    waiting = _changes(
        under_way.waiting,
        "that nothing was sent of is cancelled",
        "that nothing was sent of are cancelled",
    )
    return f"{waiting or 'No change waits.'} {_looked_up(under_way)}".rstrip()


def told_cancelled(stopped: UnderWay) -> str:
    """After it; nothing where nothing was under way."""
    waiting = _changes(stopped.waiting, "that waited was cancelled", "that waited were cancelled")
    return f"{waiting} {_looked_up(stopped)}".strip()


def _looked_up(under_way: UnderWay) -> str:
    return _changes(
        under_way.in_doubt,
        "may have happened and is still looked up",
        "may have happened and are still looked up",
    )


def _changes(count: int, one: str, many: str) -> str:
    if not count:
        return ""
    return f"1 change {one}." if count == 1 else f"{count} changes {many}."
