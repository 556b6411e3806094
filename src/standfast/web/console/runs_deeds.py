"""What operators do about runs: take one back, run it again, record what they saw, close."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from standfast.domain.action_run import ActionRun
from standfast.domain.prompt import AttachedAction
from standfast.domain.roles import Permission
from standfast.services.errors import FieldInvalid, NotNow
from standfast.services.foresee_run import Foresight
from standfast.services.run_deeds import RunDeeds
from standfast.web.console.catalogue_words import money
from standfast.web.console.door import needs
from standfast.web.console.runs import asked_of, story_page
from standfast.web.console.visit import Answer, Visit

REDO = needs(Permission.REDO_RUNS)
AMOUNT = re.compile(r"-?\d{1,9}(?:\.\d{1,2})?")


class RunDeedPages(Controller):
    """Each deed has a page or a form of its own, and every one ends on a run's page."""

    path = "/apps/{app:str}/runs/{run:str}"

    @get("/undo", opt=REDO, sync_to_thread=True)
    def ask_undo(self, visit: NamedDependency[Visit], run: FromPath[str]) -> Answer:
        return _or_back(visit, run, lambda: _undo_page(visit, run))

    @post("/undo", opt=REDO, sync_to_thread=True)
    def undo(self, visit: NamedDependency[Visit], run: FromPath[str]) -> Answer:
        def do() -> Answer:
            undoing = _deeds(visit).undo
            try:
                begun = undoing.undo(visit.app_id, run, reason=visit.form.text("reason"))
            except FieldInvalid as refused:
                return _undo_page(visit, run, refused)
            return visit.go(_path(visit, begun.id), said="The undo has begun.")

        return _or_back(visit, run, do)

    @get("/again", opt=REDO, sync_to_thread=True)
    def ask_again(self, visit: NamedDependency[Visit], run: FromPath[str]) -> Answer:
        return _or_back(visit, run, lambda: _again_page(visit, run))

    @post("/again", opt=REDO, sync_to_thread=True)
    def run_again(self, visit: NamedDependency[Visit], run: FromPath[str]) -> Answer:
        def do() -> Answer:
            again = _deeds(visit).again
            try:
                begun = again.run_again(visit.app_id, run, reason=visit.form.text("reason"))
            except FieldInvalid as refused:
                return _again_page(visit, run, refused)
            return visit.go(_path(visit, begun.id), said="It runs again.")

        return _or_back(visit, run, do)

    @post("/finding", opt=REDO, sync_to_thread=True)
    def record(self, visit: NamedDependency[Visit], run: FromPath[str]) -> Answer:
        return _on_story(visit, run, lambda: _recorded(visit, run), said="It is recorded.")

    @post("/look-up", opt=REDO, sync_to_thread=True)
    def look_up(self, visit: NamedDependency[Visit], run: FromPath[str]) -> Answer:
        finding = _deeds(visit).finding
        said = "It is looked up once more."
        return _on_story(visit, run, lambda: finding.look_up_again(visit.app_id, run), said=said)

    @post("/incident", opt=REDO, sync_to_thread=True)
    def close_incident(self, visit: NamedDependency[Visit], run: FromPath[str]) -> Answer:
        closing, note = _deeds(visit).incident, visit.form.text("note")
        said = "The incident is closed."
        return _on_story(visit, run, lambda: closing.close(visit.app_id, run, note=note), said=said)


def _deeds(visit: Visit) -> RunDeeds:
    return visit.console.run_deeds.by(visit.actor)


def _path(visit: Visit, run: str) -> str:
    return visit.app_path(f"/runs/{run}")


def _or_back(visit: Visit, run: str, do: Callable[[], Answer]) -> Answer:
    """What cannot be done now is told on the run's own page, which shows why."""
    try:
        return do()
    except NotNow as refusal:
        return visit.go(_path(visit, run), said=str(refusal), is_problem=True)


def _on_story(visit: Visit, run: str, do: Callable[[], ActionRun], *, said: str) -> Answer:
    """A form on the run's page: shown again with what is wrong, or done and told there."""
    try:
        do()
    except FieldInvalid as refused:
        return story_page(visit, run, refused)
    except NotNow as refusal:
        return visit.go(_path(visit, run), said=str(refusal), is_problem=True)
    return visit.go(_path(visit, run), said=said)


def _recorded(visit: Visit, run: str) -> ActionRun:
    finding, form = _deeds(visit).finding, visit.form
    note = form.text("note")
    match form.text("found"):
        case "happened":
            return finding.it_happened(
                visit.app_id,
                run,
                note=note,
                reference=form.text("reference"),
                charged_in_cents=_cents(form.text("charged")),
            )
        case "not_happened":
            return finding.it_did_not_happen(visit.app_id, run, note=note)
        case _:
            raise FieldInvalid("Say whether it happened.", field="found")


def _cents(text: str) -> int | None:
    """An amount as people type it, None where none was given. Raises `FieldInvalid`."""
    if not text:
        return None
    if not AMOUNT.fullmatch(text):
        raise FieldInvalid("Give an amount as in 29.00, or leave it empty.", field="charged")
    return int(Decimal(text) * 100)


def _undo_page(visit: Visit, run: str, refused: FieldInvalid | None = None) -> Answer:
    deeds = _deeds(visit)
    plan = deeds.undo.plan(visit.app_id, run)
    asked = AttachedAction(plan.run.connector, plan.spec.key, dict(plan.undoing.parameters))
    foreseen = deeds.foresight.undo(plan.run, asked)
    return visit.page(
        "runs/undo.html",
        refused=refused,
        plan=plan,
        asked=tuple(
            asked_of(plan.spec, plan.undoing.parameters, foreseen.items, with_defaults=False)
        ),
        **_common(visit, plan.run, foreseen),
    )


def _again_page(visit: Visit, run: str, refused: FieldInvalid | None = None) -> Answer:
    deeds = _deeds(visit)
    found = deeds.again.plan(visit.app_id, run)
    foreseen = deeds.foresight.again(found)
    spec = visit.console.registry.get(found.connector).spec.action(found.action)
    return visit.page(
        "runs/again.html",
        refused=refused,
        sentence=spec.sentence if spec else "",
        quoted=money(found.quoted.due_now) if found.quoted else "",
        asked=tuple(asked_of(spec, found.parameters, foreseen.items)),
        **_common(visit, found, foreseen),
    )


def _common(visit: Visit, run: ActionRun, foreseen: Foresight) -> dict[str, Any]:
    connector = visit.console.registry.get(run.connector).spec
    action = connector.action(run.action)
    return {
        "run": run,
        "biller": connector.title,
        "title": action.title if action else run.action,
        "warnings": foreseen.warnings,
        "waits": foreseen.waits,
        "back": _path(visit, run.id),
        "hours": visit.console.run_deeds.undo.durations.money_deadline / 3_600,
    }
