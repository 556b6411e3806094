"""A run's journal as a story: one moment for each line that tells something."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any, assert_never, cast

from standfast.domain.action_run import ActionRun, Origin, RunState
from standfast.domain.attempt_chain import Entry, EntryKind
from standfast.domain.interaction import Kind
from standfast.services.tell_run import RunStory
from standfast.web.console.runs_words import STATES, StateWords, cause

Body = Mapping[str, Any]
MANY = 4
AT_ONCE = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Moment:
    """`call` and `answer` are redacted; `turns` is the state the run came into, if a new one.

    `later` says how long after the moment before.
    """

    title: str
    at: datetime
    tone: str = "neutral"
    sign: str = "info"
    text: str = ""
    call: Body | None = None
    answer: Body | None = None
    facts: tuple[tuple[str, str], ...] = ()
    turns: StateWords | None = None
    next_at: datetime | None = None
    later: str = ""


@dataclass
class _Journal:
    """What must be remembered from line to line."""

    biller: str
    story: RunStory
    sends: int = 0
    state: str = field(default="")


def moments(story: RunStory, biller: str) -> tuple[Moment, ...]:
    """Oldest first. The last one of a run under way says when it goes on."""
    journal = _Journal(biller, story)
    told = _folded(_turned(journal, entry, _told(journal, entry)) for entry in story.entries)
    told = tuple(
        replace(one, later=_later(one.at - before.at))
        for before, one in zip(told[:1] + told, told, strict=False)
    )
    due_at = _goes_on_at(story.run)
    return (*told[:-1], replace(told[-1], next_at=due_at)) if told else ()


def _folded(told: Iterable[Moment]) -> tuple[Moment, ...]:
    """A day of look-ups that told nothing is one line: of many alike the first and last stay."""
    folded: list[Moment] = []
    for _, group in groupby(told, key=lambda one: replace(one, at=AT_ONCE)):
        alike = list(group)
        if len(alike) < MANY:
            folded += alike
            continue
        more = f"{len(alike) - 2} more times, each with the same outcome."
        folded += [alike[0], replace(alike[1], title="And again", text=more), alike[-1]]
    return tuple(folded)


def _later(passed: timedelta) -> str:
    """As in "300 ms later", "12 min later"; empty for the first moment and within a millisecond."""
    seconds = passed.total_seconds()
    if seconds < 0.001:
        return ""
    for size, unit in ((86_400, "days"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit} later"
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms later"
    return f"{seconds:.0f} s later" if seconds >= 10 else f"{seconds:.2g} s later"


def _goes_on_at(run: ActionRun) -> datetime | None:
    return run.due_at if run.state in {RunState.RETRYING, RunState.UNKNOWN} else None


def _turned(journal: _Journal, entry: Entry, moment: Moment) -> Moment:
    is_new = entry.state != journal.state
    journal.state = entry.state
    return replace(moment, turns=STATES[RunState(entry.state)]) if is_new else moment


def _told(journal: _Journal, entry: Entry) -> Moment:
    match entry.kind:
        case EntryKind.CREATED:
            return _created(journal, entry)
        case EntryKind.INTENT:
            return _intent(journal, entry)
        case EntryKind.OUTCOME:
            return _outcome(journal, entry)
        case EntryKind.LOOK_UP:
            return _look_up(journal, entry)
        case EntryKind.RESCUED:
            text = "It goes on here. What was sent before is looked up first."
            return Moment("The server was interrupted", entry.at, "warn", "refresh", text)
        case EntryKind.STALE:
            text = "A former try came back late. Its answer changed nothing here."
            return Moment("A late answer was set aside", entry.at, "neutral", "clock", text)
        case EntryKind.CHANGED:
            return _changed(entry)
        case EntryKind.RECORDED:
            return _recorded(journal, entry)
        case _:
            assert_never(entry.kind)


def _created(journal: _Journal, entry: Entry) -> Moment:
    match journal.story.run.origin:
        case Origin.UNDO:
            text = "It takes back what an earlier run changed."
            return Moment("An undo was begun", entry.at, "info", "undo", text)
        case Origin.AGAIN:
            text = "It asks for the same as an earlier run that ended badly."
            return Moment("It was run again", entry.at, "info", "refresh", text)
        case Origin.CLICK:
            return _clicked(journal, entry)


def _clicked(journal: _Journal, entry: Entry) -> Moment:
    label = clicked_label(journal.story)
    title = f"The customer clicked “{label}”" if label else "The customer clicked"
    position = journal.story.run.position
    text = f"This is change {position + 1} of the click." if position else ""
    return Moment(title, entry.at, "info", "target", text)


def clicked_label(story: RunStory) -> str:
    """What stood on the button."""
    if story.click is None or story.step is None:
        return ""
    kind = story.click.kind
    buttons = {button.value: body.label for button, body in story.step.buttons.items()}
    return buttons.get(kind.value, "") if kind is not Kind.STEP else ""


def _intent(journal: _Journal, entry: Entry) -> Moment:
    journal.sends += 1
    call = _mapping(entry.said.get("call"))
    again = " again" if journal.sends > 1 else ""
    title = f"Asked {journal.biller}{again}"
    return Moment(title, entry.at, "neutral", "upload", call=call)


def _outcome(journal: _Journal, entry: Entry) -> Moment:
    outcome = _mapping(entry.said.get("outcome")) or {}
    answer = _mapping(entry.said.get("answer"))
    moment = replace(_of_outcome(journal, outcome, entry.at), answer=answer)
    return replace(moment, facts=tuple(_answer_facts(answer)) if answer else ())


def _of_outcome(journal: _Journal, outcome: Body, at: datetime) -> Moment:
    biller = journal.biller
    match outcome.get("is"):
        case "Succeeded":
            title = "It was like that before" if outcome.get("already") else f"{biller} did it"
            return Moment(title, at, "good", "check", _text(outcome, "message"))
        case "Refused":
            who = f"{biller} said no" if journal.sends else "Refused before anything was sent"
            return Moment(who, at, "bad", "ban", _text(outcome, "message"))
        case "NeedsVisitor":
            title = "The customer must act first"
            return Moment(title, at, "warn", "person", _text(outcome, "message"))
        case "RetryLater":
            why = f"{cause(outcome.get('cause'))} {_text(outcome, 'detail')}".strip()
            return Moment("Nothing happened yet", at, "warn", "refresh", why)
        case "Unknown":
            why = f"It may have been done. {_text(outcome, 'detail')}".strip()
            return Moment("No answer that can be trusted", at, "warn", "alert", why)
        case other:
            return Moment(str(other or "An outcome"), at)


def _look_up(journal: _Journal, entry: Entry) -> Moment:
    finding = _mapping(entry.said.get("finding")) or {}
    biller = journal.biller
    match finding.get("is"):
        case "Succeeded":
            text = _text(finding, "message") or "The change is there. Nothing is sent again."
            return Moment(
                f"Looked it up at {biller}: it was done", entry.at, "good", "search", text
            )
        case "Absent":
            text = _text(finding, "detail") or "The change is not there."
            title = f"Looked it up at {biller}: it is not there"
            return Moment(title, entry.at, "warn", "search", text)
        case _:
            text = _text(finding, "detail")
            title = f"Looked it up at {biller}: it could not be told"
            return Moment(title, entry.at, "warn", "search", text)


def _recorded(journal: _Journal, entry: Entry) -> Moment:
    """What an operator did, with their own words."""
    if not entry.said:
        text = "What they wrote has been erased."
        return Moment("An operator did something", entry.at, "neutral", "person", text)
    by, text = _text(entry.said, "by") or "An operator", _text(entry.said, "note")
    if "begun" in entry.said:
        return Moment(f"{by} said why", entry.at, "neutral", "person", text)
    closed = _text(entry.said, "closed")
    if closed:
        return Moment(f"{by} closed the incident", entry.at, "good", "check", f"{closed} {text}")
    found = _mapping(entry.said.get("found")) or {}
    match found.get("state"):
        case RunState.SUCCEEDED:
            title, tone = f"{by} recorded that it happened", "good"
        case RunState.FAILED:
            title, tone = f"{by} recorded that it did not happen", "bad"
        case _:
            text = f"{journal.biller} is read once more."
            title, tone = f"{by} had it looked up again", "neutral"
    return Moment(title, entry.at, tone, "person", text)


def _changed(entry: Entry) -> Moment:
    if "after" in entry.said:
        text = "An earlier step of the same click did not succeed, so this one was not tried."
        return Moment("Not tried", entry.at, "neutral", "stop", text)
    if "stopped_by" in entry.said:
        title = f"{_text(entry.said, 'stopped_by')} stopped it before it was sent"
        return Moment(title, entry.at, "neutral", "stop", _text(entry.said, "why"))
    if "would_send" in entry.said:
        text = "Everything was checked. This is what would have been sent."
        call = _mapping(entry.said["would_send"])
        return Moment("Dry run: nothing was sent", entry.at, "neutral", "eye", text, call=call)
    if entry.said.get("waits_for") == "connection":
        text = "It goes on by itself as soon as the connection is mended."
        return Moment("Waits for the connection", entry.at, "warn", "plug", text)
    if entry.state == RunState.FAILED:
        return Moment("Its time was over", entry.at, "bad", "clock", "It is not tried any more.")
    if entry.state == RunState.CANCELLED:
        text = "The customer did not come back in time."
        return Moment("Its time was over", entry.at, "neutral", "clock", text)
    return Moment("Something else moved it", entry.at, "neutral", "bolt")


def _answer_facts(answer: Body) -> Iterator[tuple[str, str]]:
    yield "Status", str(answer.get("status", ""))
    if answer.get("request_id"):
        yield "Request id", str(answer["request_id"])
    seconds = answer.get("duration_seconds")
    if isinstance(seconds, int | float):
        yield "Took", f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def _mapping(value: object) -> Body | None:
    return cast("Body", value) if isinstance(value, dict) else None


def _text(body: Body, key: str) -> str:
    value = body.get(key)
    return value if isinstance(value, str) else ""
