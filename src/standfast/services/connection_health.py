"""When a connection counts as broken, and when as mended."""

from datetime import datetime, timedelta

import structlog

from standfast.config import Durations
from standfast.contract.actions import RetryCause
from standfast.store.connections import (
    ConnectionRow,
    Health,
    get_connection,
    save_health,
)
from standfast.store.database import Transaction
from standfast.store.runs import wake_runs
from standfast.store.signals import RUN_DUE

REFUSALS_THAT_BREAK = 3

_log = structlog.get_logger()


def note_trouble(
    transaction: Transaction,
    connection_id: str,
    cause: RetryCause,
    *,
    now: datetime,
    durations: Durations,
) -> None:
    """Remember a refused key. Three within ten minutes, or a blocked account, break it.

    Spurious 401 answers are on the vendor's record (2023-01-30), so one alone means little.
    """
    if cause not in {RetryCause.CREDENTIALS_REFUSED, RetryCause.ACCOUNT_BLOCKED}:
        return
    connection = get_connection(transaction, connection_id)
    since = now - timedelta(seconds=durations.credentials_window)
    refused_at = (*(at for at in connection.refused_at if at > since), now)
    is_blocked = cause is RetryCause.ACCOUNT_BLOCKED
    breaks = is_blocked or len(refused_at) >= REFUSALS_THAT_BREAK
    if breaks and connection.health is Health.OK:
        _log.warning("connection.broken", connection=connection_id, cause=cause)
    save_health(
        transaction,
        connection_id,
        health=Health.BROKEN if breaks else connection.health,
        detail=_remedy(connection, cause) if breaks else connection.health_detail,
        refused_at=refused_at,
        at=now if breaks and connection.health is Health.OK else connection.health_at,
    )


def note_good_answer(
    transaction: Transaction,
    connection_id: str,
    *,
    now: datetime,
    before: ConnectionRow | None = None,
) -> None:
    """The credentials work: forget refusals, mend the connection, let its waiting runs go.

    `before`: as it was read before the call. Trouble noted since is not disproved by its answer.
    """
    connection = get_connection(transaction, connection_id)
    if not connection.is_in_trouble or (before is not None and _differs(connection, before)):
        return
    save_health(transaction, connection_id, health=Health.OK, detail="", refused_at=(), at=now)
    if connection.health is Health.BROKEN:
        _log.info("connection.mended", connection=connection_id)
        wake_runs(transaction, connection_id, now=now)
        transaction.signal(RUN_DUE)


def _differs(connection: ConnectionRow, before: ConnectionRow) -> bool:
    return connection.health is not before.health or connection.refused_at != before.refused_at


def _remedy(connection: ConnectionRow, cause: RetryCause) -> str:
    if cause is RetryCause.ACCOUNT_BLOCKED:
        return (
            f"The billing account of {connection.site.name} is blocked. Settle it with the "
            "billing system; waiting changes go on by themselves afterwards."
        )
    return (
        f"{connection.site.name} no longer accepts the API key. Enter a new key in the "
        "connection's settings; waiting changes go on by themselves afterwards."
    )
