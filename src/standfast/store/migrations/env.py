"""Alembic runs this; the connection and the stream come from `standfast.store.migrate`."""

from typing import Any, Literal

from alembic import context

from standfast.store.columns import Instant, Json
from standfast.store.database import metadata_of
from standfast.store.migrate import version_table


def _render(kind: str, thing: Any, _context: Any) -> str | Literal[False]:
    """Revisions name plain types: they must not change when our own types do."""
    if kind == "type" and isinstance(thing, Instant):
        return "sa.BigInteger()"
    if kind == "type" and isinstance(thing, Json):
        return "sa.Text()"
    return False


def _is_ours(_thing: Any, name: str | None, kind: str, _reflected: bool, _other: Any) -> bool:
    """On PostgreSQL both streams live in one database."""
    return kind != "table" or name in metadata_of(context.config.attributes["stream"]).tables


_stream: str = context.config.attributes["stream"]
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata_of(_stream),
    version_table=version_table(_stream),
    render_as_batch=True,
    render_item=_render,
    include_object=_is_ours,
)
with context.begin_transaction():
    context.run_migrations()
