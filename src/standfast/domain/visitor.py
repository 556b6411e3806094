"""Who is there: the identity of a request and what we know about the visitor."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from standfast.domain.interaction import Kind, visitor_key

TraitValue: TypeAlias = str | int | float | bool | list[str] | None

"""A date is ISO 8601 text."""

USER_ID_LIMIT = 128
"""Bytes in UTF-8; a longer id would not fit into a token."""


class BillingIdSource(StrEnum):
    """Where a billing id came from. Unsigned browser data is never one."""

    TOKEN = "token"  # noqa: S105 - a name, not a secret
    SERVER = "server"
    CSV = "csv"
    AUTO_MAP = "auto_map"


@dataclass(frozen=True)
class BillingId:
    """The value of a connector's trait (chargify_id) and who vouches for it."""

    value: str
    source: BillingIdSource


@dataclass(frozen=True)
class Identity:
    """Who makes this request. `user_id` only ever comes from a verified identity token.

    `claims` are the signed traits of that token; `billing_ids` its signed trait values for
    connectors ({"chargify_id": "123"}).
    """

    app_id: str
    user_id: str | None
    anonymous_id: str | None
    claims: dict[str, TraitValue] = field(default_factory=dict[str, TraitValue])
    billing_ids: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def visitor(self) -> str:
        return visitor_key(user_id=self.user_id, anonymous_id=self.anonymous_id)

    @property
    def is_signed(self) -> bool:
        return self.user_id is not None


@dataclass(frozen=True)
class PromptHistory:
    """What this visitor did with one prompt so far."""

    finals: int = 0
    impressions: int = 0
    last_kind: Kind | None = None
    last_at: datetime | None = None
    accepted_at: datetime | None = None


@dataclass(frozen=True)
class VisitorState:
    """All we know about a visitor when we decide.

    `traits` are the stored and signed ones merged; `billing_ids` by trait after precedence
    (token, then server API and CSV, then auto-map).
    """

    visitor: str
    user_id: str | None
    traits: dict[str, TraitValue] = field(default_factory=dict[str, TraitValue])
    billing_ids: dict[str, BillingId] = field(default_factory=dict[str, BillingId])
    history: dict[str, PromptHistory] = field(default_factory=dict[str, PromptHistory])
    is_suppressed: bool = False
    is_test: bool = False
