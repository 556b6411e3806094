"""A prompt's life: draft → review → live ⇄ paused → ended."""

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import msgspec

from standfast.clock import Clock
from standfast.connectors.registry import Registry
from standfast.domain.preflight import Finding
from standfast.domain.prompt import PromptBody, PromptStatus
from standfast.domain.roles import Permission
from standfast.services.errors import FieldInvalid, NotFound, NotNow
from standfast.services.ids import new_id
from standfast.services.permissions import Acting
from standfast.services.preflight_prompt import Checked, check_prompt
from standfast.services.write_audit import write_audit
from standfast.services.write_snapshot import write_snapshot
from standfast.store.apps import find_app
from standfast.store.bodies import packed
from standfast.store.database import Database, Reader, Transaction
from standfast.store.prompts import (
    PromptRow,
    VersionRow,
    add_prompt,
    add_version,
    find_prompt,
    find_version,
    lock_prompt,
    save_prompt,
)

DRAFT, REVIEW, LIVE, PAUSED, ENDED = (
    PromptStatus.DRAFT,
    PromptStatus.REVIEW,
    PromptStatus.LIVE,
    PromptStatus.PAUSED,
    PromptStatus.ENDED,
)
OPEN = (DRAFT, REVIEW, LIVE, PAUSED)


class PreflightFailed(FieldInvalid):
    """The prompt cannot start as it is; `findings` say what to do and where."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        self.findings = findings
        first = next(one for one in findings if one.blocks)
        super().__init__(f"{first.where}: {first.text}", field=first.where)


def read_prompt_body(raw: object) -> PromptBody:
    """The body in this JSON value. Raises `FieldInvalid` naming the field."""
    try:
        return msgspec.convert(raw, PromptBody)
    except msgspec.ValidationError as error:
        problem, _, path = str(error).partition(" - at `$")
        raise FieldInvalid(problem, field=path.rstrip("`").lstrip(".") or "body") from error


class PublishPrompt(Acting):
    """Every change that visitors can see makes a version, a snapshot and a signal at once."""

    def __init__(self, database: Database, registry: Registry, clock: Clock) -> None:
        self._database = database
        self._registry = registry
        self._clock = clock

    def save_draft(
        self, app_id: str, *, name: str, body: PromptBody, prompt_id: str | None = None
    ) -> PromptRow:
        """Nobody sees a draft. Raises `FieldInvalid`, `NotFound`, `NotNow` (ended)."""
        self._allow(Permission.EDIT_PROMPTS, app_id)
        if not name.strip():
            raise FieldInvalid("Give the prompt a name.", field="name")
        now = self._clock.now()
        with self._database.writing() as transaction:
            if prompt_id is None:
                if find_app(transaction, app_id) is None:
                    raise NotFound(f"There is no app {app_id}.")
                row = PromptRow(new_id("prm"), app_id, name.strip(), DRAFT, body, 0, now, now)
                add_prompt(transaction, row)
                self._note(transaction, "prompt.created", None, row)
                return row
            present = _locked(transaction, app_id, prompt_id)
            _refuse_status(present, OPEN)
            row = replace(present, name=name.strip(), draft=body, updated_at=now)
            save_prompt(transaction, row)
            self._note(transaction, "prompt.draft_saved", present, row)
            return row

    def preflight(self, app_id: str, prompt_id: str) -> tuple[Finding, ...]:
        """What stands against starting the draft as it is now."""
        self._allow(Permission.EDIT_PROMPTS, app_id)
        with self._database.reading() as reader:
            row = find_prompt(reader, app_id, prompt_id)
            if row is None:
                raise NotFound(f"There is no prompt {prompt_id}.")
            return self._check(reader, app_id, row.draft).findings

    def review(self, app_id: str, prompt_id: str, *, by: str) -> PromptRow:
        """Publish the draft to test visitors only. Raises `PreflightFailed`, `NotNow`."""
        return self._publish(app_id, prompt_id, by, since=(DRAFT, REVIEW), to=REVIEW)

    def start(self, app_id: str, prompt_id: str, *, by: str) -> PromptRow:
        """Publish the draft to everybody. Raises `PreflightFailed`, `NotNow` (ended)."""
        return self._publish(app_id, prompt_id, by, since=OPEN, to=LIVE)

    def publish(self, app_id: str, prompt_id: str, *, by: str) -> PromptRow:
        """Publish the draft where the prompt is shown now; its status stays."""
        return self._publish(app_id, prompt_id, by, since=(REVIEW, LIVE, PAUSED), to=None)

    def pause(self, app_id: str, prompt_id: str) -> PromptRow:
        """Nobody sees it from now on, and an offer already on a screen is refused."""
        return self._turn(app_id, prompt_id, since=(REVIEW, LIVE), to=PAUSED)

    def resume(self, app_id: str, prompt_id: str) -> PromptRow:
        """The newest version goes live again, checked anew. Raises `PreflightFailed`."""
        self._allow(Permission.EDIT_PROMPTS, app_id)
        now = self._clock.now()
        with self._database.writing() as transaction:
            row = _locked(transaction, app_id, prompt_id)
            _refuse_status(row, (PAUSED,))
            version = find_version(transaction, prompt_id, row.version)
            assert version is not None
            checked = self._check(transaction, app_id, version.body)
            _refuse_blocked(checked)
            changed = replace(row, status=LIVE, updated_at=now, stopped_at=None)
            self._put(transaction, "prompt.resumed", row, changed)
        return changed

    def end(self, app_id: str, prompt_id: str) -> PromptRow:
        """Over for good."""
        return self._turn(app_id, prompt_id, since=OPEN, to=ENDED)

    def _publish(
        self,
        app_id: str,
        prompt_id: str,
        by: str,
        *,
        since: Collection[PromptStatus],
        to: PromptStatus | None,
    ) -> PromptRow:
        self._allow(Permission.EDIT_PROMPTS, app_id)
        now = self._clock.now()
        with self._database.writing() as transaction:
            row = _locked(transaction, app_id, prompt_id)
            _refuse_status(row, since)
            checked = self._check(transaction, app_id, row.draft)
            _refuse_blocked(checked)
            version = _with_version(transaction, row, checked.body)
            if version > row.version:
                add_version(transaction, VersionRow(prompt_id, version, checked.body, by, now))
            changed = replace(row, status=to or row.status, version=version, updated_at=now)
            changed = replace(changed, stopped_at=None) if to else changed
            self._put(transaction, "prompt.published", row, changed)
        return changed

    def _turn(
        self, app_id: str, prompt_id: str, *, since: Collection[PromptStatus], to: PromptStatus
    ) -> PromptRow:
        self._allow(Permission.EDIT_PROMPTS, app_id)
        now = self._clock.now()
        with self._database.writing() as transaction:
            row = _locked(transaction, app_id, prompt_id)
            _refuse_status(row, since)
            changed = replace(row, status=to, updated_at=now)
            self._put(transaction, f"prompt.{to}", row, changed)
        return changed

    def _put(
        self, transaction: Transaction, deed: str, before: PromptRow, after: PromptRow
    ) -> None:
        """Store a change that visitors see, with its snapshot and its note."""
        save_prompt(transaction, after)
        write_snapshot(transaction, after.app_id, now=after.updated_at)
        self._note(transaction, deed, before, after)

    def _note(
        self, transaction: Transaction, deed: str, before: PromptRow | None, after: PromptRow
    ) -> None:
        write_audit(
            transaction, self.actor, deed, after.name, at=after.updated_at, app_id=after.app_id,
            before=_told(before), after=_told(after),
        )  # fmt: skip

    def _check(self, core: Reader, app_id: str, body: PromptBody) -> Checked:
        with self._database.reading_mirror() as mirror:
            return check_prompt(core, mirror, self._registry, app_id, body, self._clock.now())


def _told(row: PromptRow | None) -> dict[str, Any]:
    if row is None:
        return {}
    return {
        "name": row.name,
        "status": row.status,
        "version": row.version,
        "draft": packed(row.draft),
    }


def _with_version(transaction: Transaction, row: PromptRow, body: PromptBody) -> int:
    """The number to publish under: the newest one where nothing has changed since."""
    newest = find_version(transaction, row.id, row.version) if row.version else None
    return row.version if newest is not None and newest.body == body else row.version + 1


def _locked(transaction: Transaction, app_id: str, prompt_id: str) -> PromptRow:
    row = lock_prompt(transaction, app_id, prompt_id)
    if row is None:
        raise NotFound(f"There is no prompt {prompt_id}.")
    return row


def _refuse_status(row: PromptRow, since: Collection[PromptStatus]) -> None:
    if row.status not in since:
        raise NotNow(f"The prompt is {row.status}; this needs {' or '.join(since)}.")


def _refuse_blocked(checked: Checked) -> None:
    if checked.is_blocked:
        raise PreflightFailed(checked.findings)
