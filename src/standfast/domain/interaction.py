"""What a visitor did with a prompt, and what makes two reports the same deed."""

from enum import StrEnum

from standfast.domain.hashing import digest


class Kind(StrEnum):
    IMPRESSION = "impression"
    STEP = "step"
    ACCEPT = "accept"
    SECONDARY_ACCEPT = "secondary_accept"
    DECLINE = "decline"
    DISMISS = "dismiss"
    TIMEOUT = "timeout"
    HOLDOUT = "holdout"


MOST_RUNS = 16
"""So many runs one click comes to at the most: their order is told apart by as many places."""
FINAL = frozenset({Kind.ACCEPT, Kind.SECONDARY_ACCEPT, Kind.DECLINE})
PER_VIEW = frozenset({Kind.IMPRESSION, Kind.HOLDOUT})


def visitor_key(*, user_id: str | None, anonymous_id: str | None) -> str:
    """How a visitor is named in tables: "u:" the SaaS's id, or "a:" a browser's own."""
    return f"u:{user_id}" if user_id is not None else f"a:{anonymous_id}"


def decision_id(*, app_id: str, visitor: str, prompt_id: str, finals: int) -> str:
    """Equal in all tabs: only a final interaction makes the next decision another one."""
    return digest("decision", app_id, visitor, prompt_id, finals)


def claim_of(*, decision: str, view: str, step: str, kind: Kind) -> str:
    """Two interactions with the same claim exclude each other; the first one counts."""
    if kind in FINAL:
        return f"{decision}:final"
    if kind in PER_VIEW:
        return f"{decision}:{view}:{kind}"
    return f"{decision}:{step}:{kind}"


def price_claim_of(*, decision: str, step: str, kind: Kind) -> str:
    """A click whose price is refused does not take the place of the one that follows."""
    return f"{decision}:{step}:{kind}:price"


def interaction_id(claim: str) -> str:
    return digest("interaction", claim)


def run_id(interaction: str, position: int) -> str:
    return digest("run", interaction, position)
