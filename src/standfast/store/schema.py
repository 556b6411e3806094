"""Every table. `core` must survive; `mirror` can be rebuilt from the billing system."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from standfast.store.columns import Instant, Json

core = MetaData()
mirror = MetaData()

apps = Table(
    "apps",
    core,
    Column("id", Text, primary_key=True),  # public: "app_…", stands in the page
    Column("name", Text, nullable=False),
    Column("domains", Json, nullable=False),  # origins that may call the edge: ["https://acme.io"]
    Column("time_zone", Text, nullable=False),
    Column("holdout_percent", Float, nullable=False),
    Column("token_secret", LargeBinary, nullable=False),  # sealed; signs decision and result tokens
    Column("snapshot_hash", Text),  # what is live; None before the first publish
    Column("created_at", Instant, nullable=False),
)

api_keys = Table(
    "api_keys",
    core,
    Column("hash", Text, primary_key=True),
    Column("app_id", Text, ForeignKey("apps.id"), nullable=False),
    Column("label", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("revoked_at", Instant),
)

identity_keys = Table(
    "identity_keys",
    core,
    Column("kid", Text, primary_key=True),
    Column("app_id", Text, ForeignKey("apps.id"), nullable=False),
    Column("algorithm", Text, nullable=False),  # HS256 | EdDSA | RS256
    Column("secret", LargeBinary),  # sealed; HS256 only
    Column("public_key", Text),  # PEM; EdDSA and RS256
    Column("created_at", Instant, nullable=False),
    Column("retired_at", Instant),
)

connections = Table(
    "connections",
    core,
    Column("id", Text, primary_key=True),
    Column("app_id", Text, ForeignKey("apps.id"), nullable=False),
    Column("connector", Text, nullable=False),
    Column("settings", Json, nullable=False),  # without secrets
    Column("secrets", LargeBinary, nullable=False),  # sealed JSON of the secret settings
    Column("site", Json, nullable=False),  # contract.SiteFacts
    Column("is_active", Boolean, nullable=False),
    Column("is_dry_run", Boolean, nullable=False),
    Column("in_flight", Integer, nullable=False),
    Column("health", Text, nullable=False),  # ok | broken
    Column("health_detail", Text, nullable=False),
    Column("health_at", Instant, nullable=False),
    Column("refused_at", Json, nullable=False),  # instants of refused credentials
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    UniqueConstraint("app_id", "connector"),
)

sync_schedules = Table(
    "sync_schedules",
    core,
    Column("connection_id", Text, ForeignKey("connections.id"), nullable=False),
    Column("what", Text, nullable=False),  # catalogue | records
    Column("interval_seconds", Float, nullable=False),
    Column("next_at", Instant, nullable=False),
    Column("lease_until", Instant),
    Column("fence", Integer, nullable=False),
    Column("started_at", Instant),
    Column("succeeded_at", Instant),
    Column("failures", Integer, nullable=False),
    Column("error", Text),
    Column("counts", Json),
    Column("duration_seconds", Float),
    PrimaryKeyConstraint("connection_id", "what"),
)

visitors = Table(
    "visitors",
    core,
    Column("app_id", Text, ForeignKey("apps.id"), nullable=False),
    Column("user_id", Text, nullable=False),
    Column("traits", Json, nullable=False),
    Column("sources", Json, nullable=False),  # trait -> {"source": …, "at": …} for system traits
    Column("is_suppressed", Boolean, nullable=False),
    Column("is_test", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("seen_at", Instant),  # last asked for a decision with a signed identity
    PrimaryKeyConstraint("app_id", "user_id"),
)

visitor_prompts = Table(
    "visitor_prompts",
    core,
    Column("app_id", Text, nullable=False),
    Column("visitor", Text, nullable=False),  # "u:<user_id>" or "a:<anonymous_id>"
    Column("prompt_id", Text, nullable=False),
    Column("finals", Integer, nullable=False),  # accepts, secondary accepts and declines so far
    Column("impressions", Integer, nullable=False),
    Column("last_kind", Text),
    Column("last_at", Instant),
    Column("accepted_at", Instant),
    PrimaryKeyConstraint("app_id", "visitor", "prompt_id"),
)

segments = Table(
    "segments",
    core,
    Column("id", Text, primary_key=True),
    Column("app_id", Text, ForeignKey("apps.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("rule", Json, nullable=False),
    Column("updated_at", Instant, nullable=False),
)

prompts = Table(
    "prompts",
    core,
    Column("id", Text, primary_key=True),
    Column("app_id", Text, ForeignKey("apps.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("status", Text, nullable=False),  # draft | review | live | paused | ended
    Column("draft", Json, nullable=False),  # domain.prompt.PromptBody
    Column("version", Integer, nullable=False),  # newest published; 0 = none
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("stopped_at", Instant),  # what was clicked before starts nothing any more
)

prompt_versions = Table(
    "prompt_versions",
    core,
    Column("prompt_id", Text, ForeignKey("prompts.id"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("body", Json, nullable=False),
    Column("published_by", Text, nullable=False),
    Column("published_at", Instant, nullable=False),
    PrimaryKeyConstraint("prompt_id", "version"),
)

snapshots = Table(
    "snapshots",
    core,
    Column("hash", Text, primary_key=True),
    Column("app_id", Text, ForeignKey("apps.id"), nullable=False),
    Column("body", Json, nullable=False),
    Column("created_at", Instant, nullable=False),
)

interactions = Table(
    "interactions",
    core,
    Column("id", Text, primary_key=True),
    Column("app_id", Text, nullable=False),
    Column("visitor", Text, nullable=False),
    Column("user_id", Text),
    Column("prompt_id", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("variation", Text, nullable=False),
    Column("snapshot_hash", Text, nullable=False),
    Column("decision", Text, nullable=False),
    Column("view", Text, nullable=False),
    Column("step", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("claim", Text, nullable=False, unique=True),  # what excludes a second one
    Column("values", Json, nullable=False),
    Column("billing_id", Text),
    Column("billing_id_source", Text),
    Column("show", Boolean, nullable=False),
    Column("refusal", Json),  # {reason, message} when nothing was started
    Column("decided_at", Instant, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("quote", Json),  # contract.Preview: the price that was shown and agreed to
    Index("ix_interactions_visitor", "app_id", "visitor", "prompt_id"),
)

action_runs = Table(
    "action_runs",
    core,
    Column("id", Text, primary_key=True),
    Column("interaction_id", Text, ForeignKey("interactions.id"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("app_id", Text, nullable=False),
    Column("connection_id", Text, ForeignKey("connections.id"), nullable=False),
    Column("connector", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("parameters", Json, nullable=False),
    Column("user_id", Text, nullable=False),
    Column("billing_id", Text, nullable=False),
    Column("lane", Text, nullable=False),  # one customer's runs go one at a time, in order
    Column("sequence", BigInteger, nullable=False),  # order within the lane
    Column("stop_on_error", Boolean, nullable=False),
    Column("moves_money", Boolean, nullable=False),
    Column("state", Text, nullable=False),
    Column("due_at", Instant),  # None: nothing to do by itself
    Column("deadline_at", Instant),
    Column("fence", Integer, nullable=False),
    Column("lease_until", Instant),
    Column("lease_owner", Text),
    Column("tries", Integer, nullable=False),
    Column("look_ups", Integer, nullable=False),
    Column("token_group", Integer, nullable=False),
    Column("sends", Integer, nullable=False),  # writes sent in this token group
    Column("has_open_intent", Boolean, nullable=False),
    Column("first_sent_at", Instant),  # of this token group
    Column("last_sent_at", Instant),
    Column("doubt_at", Instant),
    Column("last_try_at", Instant),
    Column("target", Text),
    Column("result", Json, nullable=False),  # reference, already, reason, message, link, charged
    Column("memo", Json, nullable=False),  # how things stood before the first write
    Column("origin", Text, nullable=False),  # click | undo | again
    Column("parent_id", Text),  # the run that is undone or run again
    Column("started_by", Text),  # an operator's id; None: the visitor
    Column("quoted", Json),  # contract.Preview: the price that was shown
    Column("waits_when_down", Boolean, nullable=False),  # else refused when the site is down
    Column("incident", Text, nullable=False),  # what a person must look at, "" for nothing
    Column("entries", Integer, nullable=False),  # of its journal
    Column("last_hash", Text, nullable=False),
    Column("sealed_hash", Text, nullable=False),  # the last_hash that the sealed chain holds
    Column("created_at", Instant, nullable=False),
    Column("finished_at", Instant),
    UniqueConstraint("interaction_id", "position"),
    Index(
        "ix_action_runs_due",
        "due_at",
        sqlite_where=text("due_at IS NOT NULL"),
        postgresql_where=text("due_at IS NOT NULL"),
    ),
    Index(
        "ix_action_runs_lane",
        "lane",
        "sequence",
        sqlite_where=text("finished_at IS NULL"),
        postgresql_where=text("finished_at IS NULL"),
    ),
    Index("ix_action_runs_parent", "parent_id"),
    Index(
        "ix_action_runs_open_work",
        "app_id",
        "state",
        "incident",
        sqlite_where=text("state = 'needs_operator' OR incident <> ''"),
        postgresql_where=text("state = 'needs_operator' OR incident <> ''"),
    ),
    Index(
        "ix_action_runs_unsealed",
        "finished_at",
        sqlite_where=text("finished_at IS NOT NULL AND last_hash <> sealed_hash"),
        postgresql_where=text("finished_at IS NOT NULL AND last_hash <> sealed_hash"),
    ),
)

action_attempts = Table(
    "action_attempts",
    core,
    Column("run_id", Text, ForeignKey("action_runs.id"), nullable=False),
    Column("n", Integer, nullable=False),
    Column("kind", Text, nullable=False),  # domain.attempt_chain.EntryKind
    Column("fence", Integer, nullable=False),
    Column("state", Text, nullable=False),  # of the run after this entry
    Column("at", Instant, nullable=False),
    Column("body", Json, nullable=False),  # redacted; JSON's null once erased
    Column("salt", Text, nullable=False),  # "" once erased
    Column("body_digest", Text, nullable=False),
    Column("previous_hash", Text, nullable=False),
    Column("hash", Text, nullable=False),
    PrimaryKeyConstraint("run_id", "n"),
)

fresh_records = Table(
    "fresh_records",
    core,
    Column("connection_id", Text, nullable=False),
    Column("customer_external_id", Text, nullable=False),
    Column("body", Json, nullable=False),  # contract.CustomerBilling
    Column("observed_at", Instant, nullable=False),
    PrimaryKeyConstraint("connection_id", "customer_external_id"),
)

catalogue_items = Table(
    "catalogue_items",
    mirror,
    Column("connection_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("external_id", Text, nullable=False),
    Column("code", Text),  # coupons: upper-case code; reason codes: code
    Column("body", Json, nullable=False),
    Column("pass_id", Text, nullable=False),
    Column("retired_at", Instant),  # gone from, or archived at, the billing system
    PrimaryKeyConstraint("connection_id", "kind", "external_id"),
    Index("ix_catalogue_items_code", "connection_id", "kind", "code"),
)

customers = Table(
    "customers",
    mirror,
    Column("connection_id", Text, nullable=False),
    Column("external_id", Text, nullable=False),
    Column("reference", Text),
    Column("body", Json, nullable=False),
    Column("pass_id", Text, nullable=False),
    PrimaryKeyConstraint("connection_id", "external_id"),
    Index("ix_customers_reference", "connection_id", "reference"),
)

billing_records = Table(
    "billing_records",
    mirror,
    Column("connection_id", Text, nullable=False),
    Column("external_id", Text, nullable=False),
    Column("customer_external_id", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("body", Json, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("observed_at", Instant, nullable=False),
    Column("pass_id", Text, nullable=False),
    PrimaryKeyConstraint("connection_id", "external_id"),
    Index("ix_billing_records_customer", "connection_id", "customer_external_id"),
)
