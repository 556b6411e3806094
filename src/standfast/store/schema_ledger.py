"""The tables around the ledger: what is reserved, what came in by webhook, what is sealed."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
)

from standfast.store.columns import Instant, Json
from standfast.store.schema import core

__all__ = ["core"]  # complete once this module is imported

limit_counters = Table(
    "limit_counters",
    core,
    Column("app_id", Text, ForeignKey("apps.id"), nullable=False),
    Column("scope", Text, nullable=False),  # accepts | accepts_a_day | budget | once
    Column("subject", Text, nullable=False),  # a prompt's id; for once: of tag and customer
    Column("period", Text, nullable=False),  # "" for ever, or a day of the app's time zone
    Column("used", BigInteger, nullable=False),  # accepts, or cents
    PrimaryKeyConstraint("app_id", "scope", "subject", "period"),
)

limit_reservations = Table(
    "limit_reservations",
    core,
    Column("interaction_id", Text, ForeignKey("interactions.id"), nullable=False),
    Column("app_id", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("period", Text, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("released_at", Instant),  # given back: the runs ended badly
    PrimaryKeyConstraint("interaction_id", "scope", "subject", "period"),
)

webhook_inbox = Table(
    "webhook_inbox",
    core,
    Column("connection_id", Text, ForeignKey("connections.id"), nullable=False),
    Column("id", Text, nullable=False),  # the vendor's; the same in every delivery
    Column("event", Text, nullable=False),
    Column("customer_external_id", Text),
    Column("subscription_external_id", Text),
    Column("body", LargeBinary, nullable=False),  # as it came, compressed; emptied when worked off
    Column("deliveries", Integer, nullable=False),
    Column("received_at", Instant, nullable=False),  # first delivery
    Column("heard_at", Instant, nullable=False),  # latest delivery
    Column("due_at", Instant),  # None: worked off, or given up
    Column("lease_until", Instant),
    Column("failures", Integer, nullable=False),
    Column("error", Text),
    Column("done_at", Instant),
    PrimaryKeyConstraint("connection_id", "id"),
    Index("ix_webhook_inbox_due", "due_at"),
    Index("ix_webhook_inbox_received", "connection_id", "received_at"),
)

site_pauses = Table(
    "site_pauses",
    core,
    Column("site", Text, primary_key=True),  # connector and address
    Column("until", BigInteger, nullable=False),  # microseconds by the database's own clock
)

site_slots = Table(
    "site_slots",
    core,
    Column("site", Text, primary_key=True),
    Column("slot", Integer, primary_key=True, autoincrement=False),
    Column("is_held", Boolean, nullable=False),  # and still true when its holder was killed
)

seals = Table(
    "seals",
    core,
    Column("n", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("kind", Text, nullable=False),  # run | deed
    Column("subject", Text, nullable=False),  # a run's id or an audit entry's
    Column("digest", Text, nullable=False),  # the journal's last hash, or the entry's digest
    Column("facts", Json, nullable=False),  # table -> salted digest of the row as it stood
    Column("key_id", Text, nullable=False),  # what it is signed with
    Column("previous_hash", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Column("signature", Text, nullable=False),
    Column("is_erasure", Boolean, nullable=False),  # made when the subject's data was erased
    Index("ix_seals_subject", "subject"),
)

seal_keys = Table(
    "seal_keys",
    core,
    Column("id", Text, primary_key=True),  # follows from the public key
    Column("public_key", Text, nullable=False),  # Ed25519, hexadecimal
    Column("private_key", LargeBinary, nullable=False),  # sealed by the vault
    Column("created_at", Instant, nullable=False),
)
