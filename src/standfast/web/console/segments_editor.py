"""The builder of a segment: one form; its buttons change the form, saving makes it live."""

from dataclasses import dataclass, field

import msgspec

from standfast.domain.prompt import PromptStatus
from standfast.domain.rules.model import Rule, RuleInvalid, read_rule
from standfast.services.errors import FieldInvalid
from standfast.services.read_segments import KnownTrait, SegmentCount, Use
from standfast.store.segments import SegmentRow
from standfast.web.console.segments_edited import (
    EditedNode,
    change,
    edited_rule,
    raw_rule,
    read_edited,
)
from standfast.web.console.segments_words import (
    FIELDS,
    KINDS,
    OPERATORS,
    OPERATORS_OF,
    Suggestion,
    sentence,
    value_suggestions,
)
from standfast.web.console.visit import Answer, Visit

SHOWN = frozenset({PromptStatus.LIVE, PromptStatus.REVIEW})


@dataclass
class Builder:
    """One segment in one request. `row` is None for one that is not saved yet."""

    visit: Visit
    row: SegmentRow | None
    uses: tuple[Use, ...]
    name: str
    root: EditedNode
    known: tuple[KnownTrait, ...]
    prompts: dict[str, str]
    is_changed: bool = False
    json: str = ""
    faults: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def path(self) -> str:
        return self.visit.app_path(f"/segments/{self.row.id if self.row else 'new'}")

    @property
    def touched(self) -> tuple[Use, ...]:
        """The prompts that change at once when this is saved."""
        return tuple(one for one in self.uses if one.status in SHOWN)

    def rule(self) -> Rule:
        """Raises `FieldInvalid` naming the field."""
        return _checked(raw_rule(self.root))


@dataclass(frozen=True)
class Judged:
    """What the rule means at this moment; `problem` where it cannot be used as it is."""

    sentence: str = ""
    count: SegmentCount | None = None
    json: str = ""
    problem: str = ""


def open_builder(visit: Visit, segment_id: str | None) -> Builder:
    reading = visit.console.segments.by(visit.actor)
    row, uses = reading.get(visit.app_id, segment_id) if segment_id else (None, ())
    return Builder(
        visit=visit,
        row=row,
        uses=uses,
        name=row.name if row else "",
        root=edited_rule(row.rule) if row else EditedNode(rules=[EditedNode("trait")]),
        known=reading.known_traits(visit.app_id),
        prompts=visit.console.prompts.by(visit.actor).names(visit.app_id),
    )


def fill(builder: Builder) -> None:
    """What the form sent."""
    form = builder.visit.form
    builder.name = form.text("name")
    builder.root = read_edited(form.shown(), {one.key: one.kind for one in builder.known})
    builder.is_changed = True


def receive(visit: Visit, segment_id: str | None) -> Answer:
    """A change of the form, or something to be saved."""
    builder = open_builder(visit, segment_id)
    fill(builder)
    deed = visit.form.text("do") or "save"
    try:
        if deed == "json":
            builder.json = visit.form.secret("json")
            builder.root = edited_rule(_from_json(builder.json))
            return show(builder)
        if change(builder.root, deed):
            return show(builder)
        return _save(builder)
    except FieldInvalid as refused:
        builder.faults = {refused.field or "": str(refused)}
        return show(builder, status=422)


def judge(builder: Builder) -> Judged:
    visit = builder.visit
    try:
        rule = builder.rule()
    except FieldInvalid as refused:
        return Judged(problem=str(refused), json=builder.json)
    count = visit.console.segments.by(visit.actor).count(visit.app_id, rule)
    told = msgspec.json.format(msgspec.json.encode(rule)).decode()
    return Judged(sentence(rule, builder.prompts), count, told)


def show(builder: Builder, *, status: int = 200) -> Answer:
    visit = builder.visit
    connections = visit.console.connections.by(visit.actor).chooseable(visit.app_id)
    return visit.page(
        "segments/editor.html",
        status=status,
        builder=builder,
        root=builder.root,
        judged=judge(builder),
        faults=builder.faults,
        kinds=KINDS.items(),
        operators_of=OPERATORS_OF,
        operators=OPERATORS,
        traits=_suggested(builder),
        fields=[Suggestion(key, told[0]) for key, told in FIELDS.items()],
        values=value_suggestions(connections),
    )


def _suggested(builder: Builder) -> list[Suggestion]:
    own = [
        Suggestion(one.key, f"as in {one.example}" if one.example else "") for one in builder.known
    ]
    past = [
        Suggestion(f"prompt.{key}.{what}", f"{name}: {what}")
        for key, name in builder.prompts.items()
        for what in ("accepted", "seen")
    ]
    words = ("page.path", "page.device", "page.language", "page.time_zone")
    return [*own, *past, *(Suggestion(one, "what the page says, unsigned") for one in words)]


def _save(builder: Builder) -> Answer:
    visit = builder.visit
    saved = visit.console.segment_saving.by(visit.actor).save(
        visit.app_id,
        name=builder.name,
        rule=raw_rule(builder.root),
        segment_id=builder.row.id if builder.row else None,
    )
    names = [builder.prompts.get(one, one) for one in saved.touches]
    told = f" It changed who sees {', '.join(names)}." if names else ""
    return visit.go(visit.app_path("/segments"), said=f"“{saved.segment.name}” is saved.{told}")


def _from_json(text: str) -> Rule:
    try:
        return _checked(msgspec.json.decode(text))
    except msgspec.DecodeError as error:
        raise FieldInvalid(f"This is not JSON: {error}", field="json") from error
    except FieldInvalid as refused:
        raise FieldInvalid(f"{refused.field}: {refused}", field="json") from refused


def _checked(raw: object) -> Rule:
    try:
        return read_rule(raw)
    except RuleInvalid as error:
        where = f"rule.{error.path}" if error.path else "rule"
        raise FieldInvalid(error.problem, field=where) from error
