"""Prompts: a draft that changes, and versions that never do."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, insert, select, update

from standfast.domain.prompt import PromptBody, PromptStatus
from standfast.store.bodies import packed, unpacked
from standfast.store.database import Reader, Transaction
from standfast.store.schema import prompt_versions, prompts


@dataclass(frozen=True)
class PromptRow:
    """`version` is the newest published one; 0 before the first."""

    id: str
    app_id: str
    name: str
    status: PromptStatus
    draft: PromptBody
    version: int
    created_at: datetime
    updated_at: datetime
    stopped_at: datetime | None = None
    """Clicks before this instant start nothing any more; None again once it is started anew."""


@dataclass(frozen=True)
class VersionRow:
    prompt_id: str
    version: int
    body: PromptBody
    published_by: str
    published_at: datetime


def add_prompt(transaction: Transaction, row: PromptRow) -> None:
    transaction.connection.execute(
        insert(prompts).values(**{**vars(row), "draft": packed(row.draft)})
    )


def save_prompt(transaction: Transaction, row: PromptRow) -> None:
    values = {**vars(row), "draft": packed(row.draft)}
    transaction.connection.execute(update(prompts).where(prompts.c.id == row.id).values(**values))


def find_prompt(reader: Reader, app_id: str, prompt_id: str) -> PromptRow | None:
    query = select(prompts).where(prompts.c.id == prompt_id, prompts.c.app_id == app_id)
    return _find(reader, query)


def lock_prompt(transaction: Transaction, app_id: str, prompt_id: str) -> PromptRow | None:
    """The prompt, held against other authors until the transaction ends."""
    query = select(prompts).where(prompts.c.id == prompt_id, prompts.c.app_id == app_id)
    return _find(transaction, query.with_for_update())


def is_stopped(transaction: Transaction, prompt_id: str) -> bool:
    """Whether clicks may start nothing now. Nobody can stop it before the transaction ends."""
    query = select(prompts.c.stopped_at).where(prompts.c.id == prompt_id)
    if transaction.connection.dialect.name == "postgresql":
        query = query.with_for_update(read=True)
    return transaction.connection.execute(query).scalar_one_or_none() is not None


def was_stopped_since(reader: Reader, prompt_id: str, clicked_at: datetime) -> bool:
    """Whether what was clicked at this instant may start nothing any more."""
    query = select(prompts.c.stopped_at).where(prompts.c.id == prompt_id)
    stopped_at = reader.connection.execute(query).scalar_one_or_none()
    return stopped_at is not None and clicked_at <= stopped_at


def list_prompts(reader: Reader, app_id: str) -> tuple[PromptRow, ...]:
    query = select(prompts).where(prompts.c.app_id == app_id).order_by(prompts.c.id)
    return tuple(_row(found) for found in reader.connection.execute(query))


def add_version(transaction: Transaction, row: VersionRow) -> None:
    transaction.connection.execute(
        insert(prompt_versions).values(**{**vars(row), "body": packed(row.body)})
    )


def find_version(reader: Reader, prompt_id: str, version: int) -> VersionRow | None:
    query = select(prompt_versions).where(
        prompt_versions.c.prompt_id == prompt_id, prompt_versions.c.version == version
    )
    found = reader.connection.execute(query).one_or_none()
    return _version(found) if found else None


def list_versions(reader: Reader, prompt_id: str) -> tuple[VersionRow, ...]:
    """Newest first."""
    query = select(prompt_versions).where(prompt_versions.c.prompt_id == prompt_id)
    rows = reader.connection.execute(query.order_by(prompt_versions.c.version.desc()))
    return tuple(_version(found) for found in rows)


def list_published(reader: Reader, app_id: str) -> tuple[tuple[PromptRow, VersionRow], ...]:
    """Every prompt that has a version, with its newest one."""
    query = (
        select(
            prompts,
            prompt_versions.c.body,
            prompt_versions.c.published_by,
            prompt_versions.c.published_at,
        )
        .join(
            prompt_versions,
            (prompt_versions.c.prompt_id == prompts.c.id)
            & (prompt_versions.c.version == prompts.c.version),
        )
        .where(prompts.c.app_id == app_id)
        .order_by(prompts.c.id)
    )
    return tuple(
        (
            _row(found),
            VersionRow(
                found.id,
                found.version,
                unpacked(found.body, PromptBody),
                found.published_by,
                found.published_at,
            ),
        )
        for found in reader.connection.execute(query)
    )


def _find(reader: Reader, query: Select[Any]) -> PromptRow | None:
    found = reader.connection.execute(query).one_or_none()
    return _row(found) if found else None


def _row(found: Row[Any]) -> PromptRow:
    return PromptRow(
        id=found.id,
        app_id=found.app_id,
        name=found.name,
        status=PromptStatus(found.status),
        draft=unpacked(found.draft, PromptBody),
        version=found.version,
        created_at=found.created_at,
        updated_at=found.updated_at,
        stopped_at=found.stopped_at,
    )


def _version(found: Row[Any]) -> VersionRow:
    return VersionRow(
        prompt_id=found.prompt_id,
        version=found.version,
        body=unpacked(found.body, PromptBody),
        published_by=found.published_by,
        published_at=found.published_at,
    )
