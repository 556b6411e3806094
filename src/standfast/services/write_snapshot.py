"""Makes what is published now the thing that is live."""

from collections.abc import Iterable
from datetime import datetime

from standfast.domain.prompt import PromptStatus
from standfast.domain.snapshot import LivePrompt, LiveSegment, Snapshot
from standfast.services.errors import NotFound
from standfast.store.apps import lock_app, save_snapshot_hash
from standfast.store.database import Transaction
from standfast.store.prompts import list_published
from standfast.store.segments import SegmentRow, list_segments
from standfast.store.signals import SNAPSHOT_CHANGED
from standfast.store.snapshots import add_snapshot

SHOWN = frozenset({PromptStatus.LIVE, PromptStatus.REVIEW})


def write_snapshot(transaction: Transaction, app_id: str, *, now: datetime) -> str:
    """The hash of what is live from this commit on; whoever decides hears of it."""
    app = lock_app(transaction, app_id)
    if app is None:
        raise NotFound(f"There is no app {app_id}.")
    prompts = tuple(
        LivePrompt(row.id, version.version, row.status, version.body)
        for row, version in list_published(transaction, app_id)
        if row.status in SHOWN
    )
    segments = _used(list_segments(transaction, app_id), prompts)
    snapshot = Snapshot(app_id, app.holdout_percent, prompts, segments)
    snapshot_hash = snapshot.hash
    if snapshot_hash != app.snapshot_hash:
        add_snapshot(transaction, snapshot, snapshot_hash=snapshot_hash, at=now)
        save_snapshot_hash(transaction, app_id, snapshot_hash)
        transaction.signal(SNAPSHOT_CHANGED, app_id)
    return snapshot_hash


def _used(rows: Iterable[SegmentRow], prompts: tuple[LivePrompt, ...]) -> tuple[LiveSegment, ...]:
    wanted = {
        segment_id
        for prompt in prompts
        for segment_id in (*prompt.body.included_segments, *prompt.body.excluded_segments)
    }
    return tuple(LiveSegment(row.id, row.name, row.rule) for row in rows if row.id in wanted)
