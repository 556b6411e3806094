"""The tables of the console: who uses it, with which rights, and what they changed."""

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)

from standfast.store.columns import Instant, Json
from standfast.store.schema import core

__all__ = ["core"]  # complete once this module is imported

company = Table(
    "company",
    core,
    Column("id", Integer, primary_key=True, autoincrement=False),  # 1: there is one
    Column("name", Text, nullable=False),
)

operators = Table(
    "operators",
    core,
    Column("id", Text, primary_key=True),
    Column("login", Text, nullable=False, unique=True),  # lower case
    Column("name", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("is_company_admin", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("removed_at", Instant),
)

app_roles = Table(
    "app_roles",
    core,
    Column("operator_id", Text, ForeignKey("operators.id"), nullable=False),
    Column("app_id", Text, ForeignKey("apps.id"), nullable=False),
    Column("role", Text, nullable=False),  # app_admin | app_member | read_only
    PrimaryKeyConstraint("operator_id", "app_id"),
)

operator_links = Table(
    "operator_links",
    core,
    Column("id", Text, primary_key=True),
    Column("hash", Text, nullable=False, unique=True),
    Column("purpose", Text, nullable=False),  # welcome | invitation | reset
    Column("role", Text),  # what it grants; not for a reset
    Column("app_id", Text, ForeignKey("apps.id")),
    Column("operator_id", Text, ForeignKey("operators.id")),  # whose password it sets anew
    Column("note", Text, nullable=False),  # for whom it was made
    Column("created_by", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("ended_at", Instant),  # used or withdrawn
)

sessions = Table(
    "sessions",
    core,
    Column("hash", Text, primary_key=True),
    Column("operator_id", Text, ForeignKey("operators.id"), nullable=False),
    Column("browser", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Index("ix_sessions_operator", "operator_id"),
)

sign_in_tries = Table(
    "sign_in_tries",
    core,
    Column("key", Text, primary_key=True),  # hash of a login or of an address
    Column("failures", Integer, nullable=False),
    Column("last_at", Instant, nullable=False),
    Column("blocked_until", Instant, nullable=False),
)

audit_entries = Table(
    "audit_entries",
    core,
    Column("id", Text, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("actor_id", Text, nullable=False),
    Column("actor_name", Text, nullable=False),
    Column("app_id", Text),  # None: it concerns the company
    Column("deed", Text, nullable=False),  # "app.settings_changed"
    Column("subject", Text, nullable=False),
    Column("before", Json, nullable=False),  # JSON's null once erased
    Column("after", Json, nullable=False),
    Column("reason", Text, nullable=False),  # why, where one was asked for
    Column("visitor", Text),  # whose data before, after or reason hold, if anybody's
    Column("salt", Text, nullable=False),  # "" once erased
    Column("digest", Text, nullable=False),  # salted, over before, after and reason
    Column("is_sealed", Boolean, nullable=False),
    Index("ix_audit_entries_at", "at"),
    Index("ix_audit_entries_app", "app_id", "at"),
    Index("ix_audit_entries_visitor", "visitor"),
    Index(
        "ix_audit_entries_unsealed",
        "at",
        sqlite_where=text("NOT is_sealed"),
        postgresql_where=text("NOT is_sealed"),
    ),
)

tag_sightings = Table(
    "tag_sightings",
    core,
    Column("app_id", Text, ForeignKey("apps.id"), nullable=False),
    Column("origin", Text, nullable=False),
    Column("is_admitted", Boolean, nullable=False),
    Column("seen_at", Instant, nullable=False),
    PrimaryKeyConstraint("app_id", "origin"),
)
