"""Runs as lists show them: filtered, newest first, page by page."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Select, case, exists, func, select, text

from standfast.domain.action_run import Origin, RunState
from standfast.store.database import Reader
from standfast.store.schema import action_runs, interactions, prompts


@dataclass(frozen=True)
class RunFilter:
    """Everything left empty filters nothing."""

    state: str = ""
    action: str = ""
    prompt_id: str = ""
    user_id: str = ""
    since: datetime | None = None
    until: datetime | None = None
    has_incident: bool = False


@dataclass(frozen=True)
class OpenWork:
    """What waits for a person: runs nobody could find out about, and incidents not closed yet."""

    needs_operator: int = 0
    incidents: int = 0


@dataclass(frozen=True)
class RunLine:
    """One run in a list."""

    id: str
    sequence: int
    state: RunState
    connector: str
    action: str
    user_id: str
    prompt_id: str
    prompt_name: str
    version: int
    message: str
    reason: str | None
    created_at: datetime
    finished_at: datetime | None
    origin: Origin = Origin.CLICK
    incident: str = ""
    is_undone: bool = False


def list_run_lines(
    reader: Reader, app_id: str, chosen: RunFilter, *, before: int | None = None, limit: int = 50
) -> tuple[RunLine, ...]:
    """Newest first; `before` is the `sequence` of the last line of the page before."""
    query = _filtered(app_id, chosen).order_by(action_runs.c.sequence.desc()).limit(limit)
    if before is not None:
        query = query.where(action_runs.c.sequence < before)
    return tuple(_line(row) for row in reader.connection.execute(query).mappings())


def count_runs_by_state(
    reader: Reader, app_id: str, *, since: datetime | None = None
) -> dict[RunState, int]:
    query = (
        select(action_runs.c.state, func.count())
        .where(action_runs.c.app_id == app_id)
        .group_by(action_runs.c.state)
    )
    if since is not None:
        query = query.where(action_runs.c.created_at >= since)
    return {RunState(row[0]): row[1] for row in reader.connection.execute(query)}


def count_open_work(reader: Reader, app_id: str) -> OpenWork:
    needs = action_runs.c.state == RunState.NEEDS_OPERATOR
    incident = action_runs.c.incident != ""
    # In the words of the index `ix_action_runs_open_work`, or it would not be used.
    is_open = text("(state = 'needs_operator' OR incident <> '')")
    query = select(
        func.coalesce(func.sum(case((needs, 1), else_=0)), 0),
        func.coalesce(func.sum(case((incident, 1), else_=0)), 0),
    ).where(action_runs.c.app_id == app_id, is_open)
    return OpenWork(*map(int, reader.connection.execute(query).one()))


def _filtered(app_id: str, chosen: RunFilter) -> Select[Any]:
    query = (
        select(
            action_runs,
            interactions.c.prompt_id,
            interactions.c.version,
            func.coalesce(prompts.c.name, "").label("prompt_name"),
            _is_undone().label("is_undone"),
        )
        .join(interactions, interactions.c.id == action_runs.c.interaction_id)
        .outerjoin(prompts, prompts.c.id == interactions.c.prompt_id)
        .where(action_runs.c.app_id == app_id)
    )
    equals = (
        (action_runs.c.state, chosen.state),
        (action_runs.c.action, chosen.action),
        (action_runs.c.user_id, chosen.user_id),
        (interactions.c.prompt_id, chosen.prompt_id),
    )
    for column, value in equals:
        if value:
            query = query.where(column == value)
    if chosen.has_incident:
        query = query.where(action_runs.c.incident != "")
    if chosen.since is not None:
        query = query.where(action_runs.c.created_at >= chosen.since)
    if chosen.until is not None:
        query = query.where(action_runs.c.created_at < chosen.until)
    return query


def _is_undone() -> ColumnElement[bool]:
    undo = action_runs.alias()
    return exists().where(
        undo.c.parent_id == action_runs.c.id,
        undo.c.origin == Origin.UNDO,
        undo.c.state == RunState.SUCCEEDED,
    )


def _line(row: RowMapping) -> RunLine:
    return RunLine(
        id=row["id"],
        sequence=row["sequence"],
        state=RunState(row["state"]),
        connector=row["connector"],
        action=row["action"],
        user_id=row["user_id"],
        prompt_id=row["prompt_id"],
        prompt_name=row["prompt_name"],
        version=row["version"],
        message=row["result"]["message"],
        reason=row["result"]["reason"],
        created_at=row["created_at"],
        finished_at=row["finished_at"],
        origin=Origin(row["origin"]),
        incident=row["incident"],
        is_undone=row["is_undone"],
    )
