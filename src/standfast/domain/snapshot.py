"""All that is live in an app at one moment: immutable, named by its hash, compiled once."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import msgspec

from standfast.domain.page import PageMatcher, compile_page
from standfast.domain.prompt import (
    Button,
    FormField,
    Limits,
    PromptBody,
    PromptStatus,
    ResultTexts,
    Step,
)
from standfast.domain.request import Page
from standfast.domain.rules.compile import CompiledRule, compile_rule
from standfast.domain.rules.model import Rule, asks_for_records


class LivePrompt(msgspec.Struct, frozen=True):
    """One published version and whether it is live or only in review."""

    id: str
    version: int
    status: PromptStatus
    body: PromptBody


class LiveSegment(msgspec.Struct, frozen=True):
    id: str
    name: str
    rule: Rule


class Snapshot(msgspec.Struct, frozen=True):
    """Prompts and segments are ordered by id, so that equal contents have equal hashes."""

    app_id: str
    holdout_percent: float = 0.0
    prompts: tuple[LivePrompt, ...] = ()
    segments: tuple[LiveSegment, ...] = ()

    @property
    def hash(self) -> str:
        """32 hex characters over the canonical JSON (keys sorted)."""
        return hash_of_canonical(msgspec.json.encode(self, order="sorted"))


def hash_of_canonical(body: bytes) -> str:
    return hashlib.blake2b(body, digest_size=16, person=b"sf snapshot").hexdigest()


def read_snapshot(raw: object) -> Snapshot:
    return msgspec.convert(raw, Snapshot)


class ShownButton(msgspec.Struct, frozen=True):
    """`must_answer`: a click wants the required answers of the step's form."""

    label: str
    must_answer: bool


class ShownStep(msgspec.Struct, frozen=True):
    """What the browser may know of a step: its words and questions, never its actions."""

    key: str
    title: str
    message: str
    buttons: dict[Button, ShownButton]
    form: tuple[FormField, ...]


class ShownTriggers(msgspec.Struct, frozen=True):
    """`auto`: this page opens it by itself, `delay_seconds` after it matched."""

    auto: bool
    delay_seconds: float
    manual: tuple[str, ...]


@dataclass(frozen=True)
class CompiledPrompt:
    live: LivePrompt
    pages: tuple[PageMatcher, ...]
    steps: tuple[ShownStep, ...]
    has_actions: bool

    @property
    def id(self) -> str:
        return self.live.id

    @property
    def body(self) -> PromptBody:
        return self.live.body

    @property
    def texts(self) -> ResultTexts:
        return self.live.body.texts

    def is_on(self, page: Page) -> bool:
        return any(fits(page) for fits in self.pages)

    def triggers_on(self, page: Page) -> ShownTriggers:
        triggers = self.body.triggers
        manual = tuple(one.name for one in triggers.manual)
        return ShownTriggers(self.is_on(page), triggers.delay_seconds, manual)


@dataclass(frozen=True)
class CompiledSegment:
    live: LiveSegment
    holds: CompiledRule


@dataclass(frozen=True)
class CompiledSnapshot:
    """`prompts` stand in order of priority, the highest first, then by id."""

    snapshot: Snapshot
    hash: str
    prompts: tuple[CompiledPrompt, ...]
    segments: Mapping[str, CompiledSegment]
    needs_records: bool

    @cached_property
    def limited(self) -> tuple[CompiledPrompt, ...]:
        """Those of the prompts that limit something."""
        return limited_of(self.prompts)

    def find_prompt(self, prompt_id: str) -> CompiledPrompt | None:
        return next((one for one in self.prompts if one.id == prompt_id), None)


def limited_of(prompts: Iterable[CompiledPrompt]) -> tuple[CompiledPrompt, ...]:
    return tuple(one for one in prompts if one.body.limits != Limits())


def compile_snapshot(snapshot: Snapshot, *, known_as: str | None = None) -> CompiledSnapshot:
    """`known_as` is the hash it is stored under: a later release may compute another one."""
    prompts = sorted(snapshot.prompts, key=lambda one: (-one.body.priority, one.id))
    return CompiledSnapshot(
        snapshot=snapshot,
        hash=known_as or snapshot.hash,
        prompts=tuple(map(compile_prompt, prompts)),
        segments={
            one.id: CompiledSegment(one, compile_rule(one.rule)) for one in snapshot.segments
        },
        needs_records=any(asks_for_records(one.rule) for one in snapshot.segments),
    )


def compile_prompt(live: LivePrompt) -> CompiledPrompt:
    """Raises `PatternInvalid` where preflight would have."""
    return CompiledPrompt(
        live=live,
        pages=tuple(compile_page(one) for one in live.body.triggers.pages),
        steps=tuple(map(shown_step, live.body.steps)),
        has_actions=bool(live.body.actions()),
    )


def shown_step(step: Step) -> ShownStep:
    buttons = {
        kind: ShownButton(one.label, bool(step.form) and step.must_answer(kind))
        for kind, one in step.buttons.items()
    }
    return ShownStep(step.key, step.title, step.message, buttons, step.form)
