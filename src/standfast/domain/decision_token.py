"""What a decision token says. It carries no texts and no parameters: those stay in the snapshot."""

from datetime import datetime

import msgspec


class DecisionClaims(msgspec.Struct, frozen=True, array_like=True):
    """Signed by the app's token secret; encoded as an array to stay under 512 bytes."""

    app_id: str
    visitor: str
    decision: str
    view: str
    prompt_id: str
    version: int
    variation: str
    snapshot_hash: str
    decided_at: datetime
    expires_at: datetime


class ResultClaims(msgspec.Struct, frozen=True, array_like=True):
    """Lets the visitor who clicked follow the runs of one interaction."""

    app_id: str
    visitor: str
    interaction_id: str
    expires_at: datetime
