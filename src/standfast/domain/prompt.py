"""What a prompt is: edited as a draft, published as a version, shown by the tag."""

from datetime import datetime
from enum import StrEnum

import msgspec


class PromptStatus(StrEnum):
    DRAFT = "draft"
    """Being written; nobody sees it."""
    REVIEW = "review"
    """Published to test visitors only."""
    LIVE = "live"
    """Decided for everybody."""
    PAUSED = "paused"
    """Kept, not decided; may go live again."""
    ENDED = "ended"
    """Over for good."""


class Button(StrEnum):
    """What a visitor can click. A bill changes on one of these only."""

    ACCEPT = "accept"
    SECONDARY_ACCEPT = "secondary_accept"
    DECLINE = "decline"


class AttachedAction(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An operation of a connector on a button. `parameters` are as the connector's spec says.

    A parameter may hold "{{ answer.<field> }}" where its spec lets the visitor answer it.
    """

    connector: str
    action: str
    parameters: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    stop_on_error: bool = True


class ButtonBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    label: str
    actions: tuple[AttachedAction, ...] = ()


class FieldKind(StrEnum):
    """What a visitor can answer."""

    CHOICE = "choice"
    """One of a list: the survey."""
    TEXT = "text"
    NUMBER = "number"
    DATE = "date"


class Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One choice of a survey: `value` goes to the action, `label` is read."""

    value: str
    label: str


class FormField(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One question of a step. A parameter takes its answer by "{{ answer.<key> }}"."""

    key: str
    label: str
    kind: FieldKind = FieldKind.TEXT
    choices: tuple[Answer, ...] = ()
    required: bool = False


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One face of the prompt: what it says, asks, and what can be clicked."""

    key: str
    title: str
    message: str
    buttons: dict[Button, ButtonBody]
    form: tuple[FormField, ...] = ()

    def field(self, key: str) -> FormField | None:
        return next((one for one in self.form if one.key == key), None)

    def must_answer(self, button: Button) -> bool:
        """Whether a click on this button wants every required answer: it says yes, or acts."""
        shown = self.buttons.get(button)
        return button is not Button.DECLINE or bool(shown and shown.actions)


class PageTrigger(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Matches a page by its path ("/pricing", "/account/*") and, if set, query words and hash."""

    path: str = "*"
    is_regex: bool = False
    query: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    hash: str | None = None


class ManualTrigger(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Opened by the page itself: standfast.open("<name>")."""

    name: str


class Triggers(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """At least one page or one manual name; `delay_seconds` after the page matches."""

    pages: tuple[PageTrigger, ...] = ()
    manual: tuple[ManualTrigger, ...] = ()
    delay_seconds: float = 0.0


class Schedule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Shown from `starts_at` (inclusive) until `ends_at` (exclusive); None is open."""

    starts_at: datetime | None = None
    ends_at: datetime | None = None


class ReShow(StrEnum):
    """When a prompt may be shown again after an interaction."""

    NEVER = "never"
    NEXT_VISIT = "next_visit"
    AFTER = "after"


class ReShowRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    rule: ReShow
    after_seconds: float | None = None


class ReShowRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """After an accept never again, unless the author says otherwise."""

    after_accept: ReShowRule = ReShowRule(ReShow.NEVER)
    after_decline: ReShowRule = ReShowRule(ReShow.NEXT_VISIT)
    after_dismiss: ReShowRule = ReShowRule(ReShow.NEXT_VISIT)


class ResultTexts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the visitor reads after the click; why it was refused follows only our own words."""

    succeeded: str = "Done. Your subscription has been changed."
    pending: str = "We are on it. You will see the change in a moment."
    refused: str = "We could not make this change. Nothing was charged."
    needs_visitor: str = (
        "Please add a payment method or confirm the payment first. Nothing has been charged."
    )
    fallback_link: str | None = None


class Budget(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How much discount may be given away in all, in the site's currency.

    An accept costs the discount on the charges of the next 12 months, or `fixed_cost_in_cents`.
    """

    amount_in_cents: int
    fixed_cost_in_cents: int | None = None


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How often the offer may be accepted; None is no limit.

    `per_day` counts days of the app's time zone. `once_per_tag`: a customer accepts one prompt
    of all that carry this tag, ever.
    """

    total: int | None = None
    per_day: int | None = None
    once_per_tag: str | None = None
    budget: Budget | None = None


class PromptBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All that an author decides. Segments: in any of `included` (none = all), in no excluded.

    `show_price`: the exact price is shown first, and the accept carries it. `waits_when_down`:
    while the billing system does not answer, a click is accepted and done later, else refused.
    """

    steps: tuple[Step, ...]
    type: str = "modal"
    zone: str | None = None
    priority: int = 0
    included_segments: tuple[str, ...] = ()
    excluded_segments: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    triggers: Triggers = Triggers()
    schedule: Schedule = Schedule()
    re_show: ReShowRules = ReShowRules()
    texts: ResultTexts = ResultTexts()
    limits: Limits = Limits()
    show_price: bool = False
    waits_when_down: bool = True

    def step(self, key: str) -> Step | None:
        return next((step for step in self.steps if step.key == key), None)

    def actions(self) -> tuple[AttachedAction, ...]:
        """Every attached action, in order of steps and buttons."""
        return tuple(
            action
            for step in self.steps
            for button in step.buttons.values()
            for action in button.actions
        )

    def accept_actions(self) -> tuple[AttachedAction, ...]:
        """The actions of all accept and secondary accept buttons: the offer that must be kept."""
        return tuple(
            action
            for step in self.steps
            for kind, button in step.buttons.items()
            if kind is not Button.DECLINE
            for action in button.actions
        )
