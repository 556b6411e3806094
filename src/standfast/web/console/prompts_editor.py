"""The editor of a prompt: one form, saved as a draft; buttons inside it change the form only."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial

from standfast.contract.catalogue import ItemKind, Money, ReasonCode
from standfast.domain.preflight import Finding
from standfast.domain.prompt import Button, PromptBody, PromptStatus
from standfast.services.errors import FieldInvalid, ServiceRefused
from standfast.services.publish_prompt import PreflightFailed
from standfast.services.read_connection import Chooseable
from standfast.services.read_prompts import PromptView
from standfast.web.console.catalogue_words import money
from standfast.web.console.limits_words import used_words
from standfast.web.console.prompts_bodies import body_of, edited_of
from standfast.web.console.prompts_choices import (
    ActionChoice,
    Option,
    action_choices,
    specs_of,
)
from standfast.web.console.prompts_edited import (
    EditedAction,
    EditedPrompt,
    change,
    field_of,
    read_edited,
)
from standfast.web.console.prompts_questions import KINDS, source_options, source_value
from standfast.web.console.prompts_starts import start_body
from standfast.web.console.prompts_words import BUTTONS, STATES, label_of, obstacle
from standfast.web.console.stop_words import would_cancel
from standfast.web.console.visit import Answer, Visit

PUBLISHING = {
    "start": "The prompt is live.",
    "review": "Test visitors see it now.",
    "publish": "The changes are published.",
}


@dataclass
class Editor:
    """One prompt in one request. `view` is None for one that is not saved yet."""

    visit: Visit
    view: PromptView | None
    present: PromptBody
    edited: EditedPrompt
    connections: tuple[Chooseable, ...]
    is_changed: bool = False
    findings: tuple[Finding, ...] = ()
    faults: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def path(self) -> str:
        return self.visit.app_path(f"/prompts/{self.view.row.id if self.view else 'new'}")

    def body(self) -> PromptBody:
        """Raises `FieldInvalid`."""
        specs = specs_of(self.connections)
        return body_of(self.edited, self.present, specs, self.visit.app_row.time_zone)


def open_editor(visit: Visit, prompt_id: str | None) -> Editor:
    """As it is saved, or as a starting point gives it."""
    console = visit.console
    connections = console.connections.by(visit.actor).chooseable(visit.app_id)
    view = console.prompts.by(visit.actor).get(visit.app_id, prompt_id) if prompt_id else None
    if view:
        name, body = view.row.name, view.row.draft
    else:
        name, body = start_body(visit.asked("from") or visit.form.text("from"), connections)
    edited = edited_of(name, body, visit.app_row.time_zone)
    findings = view.findings if view else ()
    return Editor(visit, view, body, edited, connections, findings=findings)


def receive(visit: Visit, prompt_id: str | None) -> Answer:
    """What the form sent: a change of the form, or something to be saved."""
    editor = open_editor(visit, prompt_id)
    editor.edited = read_edited(visit.form.shown())
    editor.is_changed = True
    deed = visit.form.text("do") or "save"
    if change(editor.edited, deed):
        _fill_defaults(editor)
        _look_over(editor)
        return show(editor)
    try:
        return _save(editor, deed)
    except PreflightFailed as refused:
        editor = open_editor(visit, prompt_id) if prompt_id else editor
        editor.findings = refused.findings
        editor.faults = _faults((one for one in refused.findings if one.blocks), editor.edited)
        return show(editor, status=422)
    except FieldInvalid as refused:
        editor.faults = {field_of(refused.field or "", editor.edited): str(refused)}
        return show(editor, status=422)


def show(editor: Editor, *, status: int = 200, refused: ServiceRefused | None = None) -> Answer:
    visit = editor.visit
    console = visit.console
    segments = console.segments.by(visit.actor).names(visit.app_id)
    row = editor.view.row if editor.view else None
    stopping, limits = console.stopping.by(visit.actor), console.limits.by(visit.actor)
    return visit.page(
        "prompts/editor.html",
        status=status,
        refused=refused,
        editor=editor,
        edited=editor.edited,
        prompt=row,
        state=STATES[row.status if row else PromptStatus.DRAFT],
        is_ended=row is not None and row.status is PromptStatus.ENDED,
        choices=action_choices(editor.connections),
        buttons=[(kind, BUTTONS[kind]) for kind in Button],
        segments=segments,
        segment_options=segment_options,
        action_options=action_options,
        kinds=list(KINDS.items()),
        reason_codes=_reason_codes(editor.connections),
        source_value=source_value,
        sources=partial(source_options, editor.edited.questions, _traits(editor)),
        currency=editor.connections[0].currency if editor.connections else "",
        example=_example(editor.connections),
        findings=[
            (one, field_of(one.where, editor.edited), label_of(one.where))
            for one in editor.findings
        ],
        blocking=sum(one.blocks for one in editor.findings),
        faults=editor.faults,
        preview_path=visit.app_path("/prompts/preview"),
        would_cancel=would_cancel(stopping.under_way(visit.app_id, row.id)) if row else "",
        limits_used=used_words(limits.read(visit.app_id, row.id)) if row else (),
    )


def _traits(editor: Editor) -> tuple[str, ...]:
    """Those that some visitor has, where an action can be filled by one."""
    known = action_choices(editor.connections)
    specs = [
        known[action.key].spec
        for button in editor.edited.buttons.values()
        for action in button.actions
        if action.key in known
    ]
    if not any(one.may_be_answered for spec in specs for one in spec.parameters):
        return ()
    reading = editor.visit.console.segments.by(editor.visit.actor)
    return tuple(one.key for one in reading.known_traits(editor.visit.app_id))


def _reason_codes(connections: Iterable[Chooseable]) -> list[str]:
    """What the choices of a survey may send."""
    return [
        item.code
        for one in connections
        for item in one.items[ItemKind.REASON_CODE]
        if isinstance(item, ReasonCode)
    ]


def _example(connections: tuple[Chooseable, ...]) -> str:
    """The price line of the preview, in the site's currency."""
    due = money(Money(2900, connections[0].currency if connections else "USD"))
    return f"For example: {due} due now, then {due} on 3 January."


def segment_options(names: Mapping[str, str], chosen: str) -> list[Option]:
    options = [Option(key, name) for key, name in sorted(names.items(), key=lambda one: one[1])]
    if chosen and chosen not in names:
        options.append(Option(chosen, chosen, "there is no such segment"))
    return [Option("", "Choose a segment…"), *options]


def action_options(choices: Mapping[str, ActionChoice], chosen: str) -> list[Option]:
    is_mixed = len({one.connection.spec.key for one in choices.values()}) > 1
    options = [
        Option(key, one.spec.title, one.connection.spec.title if is_mixed else "")
        for key, one in choices.items()
    ]
    if chosen and chosen not in choices:
        options.append(Option(chosen, chosen.replace("_", " "), "not connected"))
    return [Option("", "Choose what happens…"), *options]


def _save(editor: Editor, deed: str) -> Answer:
    visit = editor.visit
    publishing = visit.console.publishing.by(visit.actor)
    row = publishing.save_draft(
        visit.app_id,
        name=editor.edited.name,
        body=editor.body(),
        prompt_id=editor.view.row.id if editor.view else None,
    )
    path = visit.app_path(f"/prompts/{row.id}")
    if deed not in PUBLISHING:
        return visit.go(path, said="The draft is saved.")
    try:
        getattr(publishing, deed)(visit.app_id, row.id, by=visit.actor.name)
    except PreflightFailed as refused:
        if editor.view:
            raise
        return visit.go(
            path, said=f"Saved, but not started. {obstacle(refused.findings)}", is_problem=True
        )
    return visit.go(path, said=PUBLISHING[deed])


def _fill_defaults(editor: Editor) -> None:
    """A newly chosen action begins with its connector's defaults."""
    known = action_choices(editor.connections)
    for button in editor.edited.buttons.values():
        for action in button.actions:
            if action.key in known:
                _fill(action, {one.key: one.default for one in known[action.key].spec.parameters})


def _fill(action: EditedAction, defaults: Mapping[str, str | None]) -> None:
    kept = {key: value for key, value in action.parameters.items() if key in defaults}
    given = {key: value for key, value in defaults.items() if value}
    action.parameters = {**given, **kept}


def _look_over(editor: Editor) -> None:
    try:
        visit = editor.visit
        editor.findings = visit.console.prompts.by(visit.actor).check(visit.app_id, editor.body())
    except FieldInvalid as refused:
        editor.faults = {field_of(refused.field or "", editor.edited): str(refused)}


def _faults(findings: Iterable[Finding], edited: EditedPrompt) -> dict[str, str]:
    faults: dict[str, str] = {}
    for one in findings:
        faults.setdefault(field_of(one.where, edited), one.text)
    return faults
