"""Lays out a bill change as it happened: shown, clicked, sent, answered, read back, sealed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from standfast.connectors.registry import Registry
from standfast.contract.actions import Preview
from standfast.contract.catalogue import Money
from standfast.domain.action_run import ActionRun
from standfast.domain.attempt_chain import Entry, EntryKind
from standfast.domain.audit_chain import VERSIONS, Flaw, Seal
from standfast.domain.interaction import visitor_key
from standfast.domain.prompt import Step
from standfast.domain.roles import Permission
from standfast.services.errors import NotFound
from standfast.services.permissions import Acting
from standfast.services.verify_audit import Verdict, VerifyAudit
from standfast.store.bodies import packed
from standfast.store.database import Database, Reader
from standfast.store.erasure import list_runs_of
from standfast.store.interactions import InteractionRow, find_interaction
from standfast.store.prompts import find_prompt, find_version
from standfast.store.runs import list_entries
from standfast.store.seals import list_seals_of
from standfast.store.visitor_batches import list_deeds

FORMAT = "standfast proof 1"

_TOLD = {
    EntryKind.CREATED: "ordered",
    EntryKind.INTENT: "sent",
    EntryKind.OUTCOME: "answered",
    EntryKind.LOOK_UP: "read back",
    EntryKind.RESCUED: "rescued",
    EntryKind.STALE: "came too late",
    EntryKind.CHANGED: "changed",
    EntryKind.RECORDED: "recorded",
}


@dataclass(frozen=True)
class Change:
    """One run with all that proves it. `version_digest` is what its seal says was shown."""

    run: ActionRun
    title: str
    click: InteractionRow | None
    prompt_name: str
    step: Step | None
    version_digest: str
    entries: tuple[Entry, ...]
    seals: tuple[Seal, ...]


@dataclass(frozen=True)
class Proof:
    """`flaw` is the first thing among these changes and their seals that does not verify."""

    app_id: str
    user_id: str
    at: datetime
    changes: tuple[Change, ...]
    flaw: Flaw | None

    @property
    def holds(self) -> bool:
        return self.flaw is None

    def as_json(self, verdict: Verdict | None = None) -> bytes:
        """`verdict` is the whole chain's, where it was asked for."""
        told = {
            "format": FORMAT,
            "app": self.app_id,
            "visitor": self.user_id,
            "proven_at": self.at,
            "own_seals_verify": self.holds,
            "flaw": str(self.flaw) if self.flaw else None,
            "chain_verifies": verdict.holds if verdict else None,
            "chain_head": str(verdict.head) if verdict else None,
            "chain_flaw": str(verdict.flaw) if verdict and verdict.flaw else None,
            "changes": [_as_json(one) for one in self.changes],
        }
        return msgspec.json.format(msgspec.json.encode(told), indent=2) + b"\n"

    def as_text(self, verdict: Verdict | None = None) -> list[str]:
        lines = [
            f"Changes for {self.user_id} in {self.app_id}, as of {self.at:%Y-%m-%d %H:%M:%S} UTC"
        ]
        for one in self.changes:
            lines += ["", *_as_text(one)]
        lines += ["", f"BROKEN: {self.flaw}" if self.flaw else "Their seals verify."]
        if verdict is not None:
            lines.append(_chain_told(verdict))
        return lines


@dataclass(frozen=True)
class ProveChange(Acting):
    database: Database
    registry: Registry
    verifying: VerifyAudit

    def prove(self, app_id: str, user_id: str, *, run_id: str | None = None) -> Proof:
        """Every change of the visitor, or one. Raises `Forbidden`, `NotFound`."""
        self._allow(Permission.SEE_RUN_DETAIL, app_id)
        with self.database.reading_one_moment() as reader:
            runs = list_runs_of(reader, app_id, user_id)
            runs = tuple(one for one in runs if run_id in {None, one.id})
            if not runs:
                self._tell_missing(reader, app_id, user_id, run_id)
            changes = tuple(self._change(reader, run) for run in runs)
            flaw = self.verifying.of_subjects(reader, [run.id for run in runs])
        return Proof(app_id, user_id, self.verifying.clock.now(), changes, flaw)

    def _tell_missing(self, reader: Reader, app_id: str, user_id: str, run_id: str | None) -> None:
        if run_id is not None:
            raise NotFound("This visitor has no such run.", field="run")
        if not list_deeds(reader, app_id, visitor_key(user_id=user_id, anonymous_id=None), limit=1):
            raise NotFound("No deed of such a visitor is known.", field="visitor")

    def _change(self, reader: Reader, run: ActionRun) -> Change:
        click = find_interaction(reader, run.app_id, run.interaction_id)
        links = list_seals_of(reader, [run.id])
        prompt = find_prompt(reader, run.app_id, click.prompt_id) if click else None
        return Change(
            run=run,
            title=self._title(run),
            click=click,
            prompt_name=prompt.name if prompt else "",
            step=_step(reader, click) if click else None,
            version_digest=links[-1].facts.get(VERSIONS, "") if links else "",
            entries=tuple(list_entries(reader, run.id)),
            seals=tuple(links),
        )

    def _title(self, run: ActionRun) -> str:
        spec = self.registry.find_action(run.connector, run.action)
        return spec.title if spec else run.action


def _step(reader: Reader, click: InteractionRow) -> Step | None:
    """What was on the screen; None where it was spoilt, which the verification tells."""
    try:
        version = find_version(reader, click.prompt_id, click.version)
    except msgspec.MsgspecError:
        return None
    return version.body.step(click.step) if version else None


def _as_json(one: Change) -> dict[str, Any]:
    run, click = one.run, one.click
    return {
        "run": run.id,
        "action": run.action,
        "parameters": run.parameters,
        "state": run.state,
        "result": packed(run.result),
        "shown": click
        and {
            "prompt": click.prompt_id,
            "name": one.prompt_name,
            "version": click.version,
            "version_digest": one.version_digest,
            "variation": click.variation,
            "snapshot": click.snapshot_hash,
            "step": packed(one.step),
            "price": packed(run.quoted) if run.quoted else click.quote,
            "decided_at": click.decided_at,
            "decision": click.decision,
            "view": click.view,
        },
        "clicked": click
        and {
            "interaction": click.id,
            "kind": click.kind,
            "step": click.step,
            "values": click.values,
            "at": click.received_at,
        },
        "journal": [{"told": _TOLD[line.kind], **packed(line)} for line in one.entries],
        "seals": [packed(link) for link in one.seals],
    }


def _as_text(one: Change) -> list[str]:
    run = one.run
    given = ", ".join(f"{key} {value}" for key, value in run.parameters.items())
    lines = [f"{one.title}{f' ({given})' if given else ''}: {run.state}", f"  run        {run.id}"]
    if one.click is not None:
        lines += _shown_told(one, one.click)
    for line in one.entries:
        happened = f"  {_TOLD[line.kind]:<10} {_when(line.at)}  {line.state}  {_body_told(line)}"
        lines += [happened, f"             line {line.n}, {line.hash}"]
    if run.result.charged is not None:
        lines.append(f"  charged    {_money(run.result.charged)}")
    lines += [f"  sealed     {_when(link.at)}  as {link.n}:{link.hash}" for link in one.seals]
    return lines if one.seals else [*lines, "  sealed     not yet"]


def _shown_told(one: Change, click: InteractionRow) -> list[str]:
    words = f"“{one.step.title}” {one.step.message}".strip() if one.step else "(no longer kept)"
    what = f"{one.prompt_name or click.prompt_id}, version {click.version}: {words}"
    ids = f"decision {click.decision}, view {click.view}"
    lines = [
        f"  shown      {_when(click.decided_at)}  {what}",
        f"             {ids}, version’s digest {one.version_digest or '-'}",
    ]
    if one.run.quoted is not None:
        lines.append(f"  price      {_price(one.run.quoted)}")
    return [*lines, f"  clicked    {_when(click.received_at)}  {_button(one, click)}, {click.id}"]


def _button(one: Change, click: InteractionRow) -> str:
    known = one.step.buttons if one.step else {}
    labels = [f"{click.kind} “{body.label}”" for key, body in known.items() if key == click.kind]
    return labels[0] if labels else click.kind


def _body_told(line: Entry) -> str:
    """The redacted body, on one line."""
    return "(erased)" if line.body is None else msgspec.json.encode(line.body).decode()


def _price(shown: Preview) -> str:
    told = f"{_money(shown.due_now)} now"
    if shown.next_charge is not None:
        on = f" on {shown.next_charge_at:%Y-%m-%d}" if shown.next_charge_at else ""
        told += f", then {_money(shown.next_charge)}{on}"
    return told + (" (an estimate)" if shown.is_estimate else "")


def _money(money: Money) -> str:
    return f"{money.amount_in_cents / 100:.2f} {money.currency}"


def _when(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S.%f}"[:-3]


def _chain_told(verdict: Verdict) -> str:
    if verdict.flaw is not None:
        return f"The chain is BROKEN: {verdict.flaw}"
    return f"The whole chain verifies: {verdict.seals:,} seals, up to {verdict.head}."
