"""Every change that was asked for: the list, and the story of one."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from standfast.contract.actions import ActionSpec
from standfast.contract.catalogue import CatalogueItem, ItemKind
from standfast.domain.action_run import ActionRun, Origin, RunState
from standfast.domain.quote import sentence
from standfast.domain.redoing import goal_of, undos_of
from standfast.domain.roles import Permission
from standfast.services.errors import ServiceRefused
from standfast.services.tell_run import RunStory
from standfast.store.run_lists import OpenWork, RunFilter
from standfast.web.console.catalogue_words import money, named
from standfast.web.console.door import needs
from standfast.web.console.runs_moments import clicked_label, moments
from standfast.web.console.runs_words import (
    ADVICE,
    ORIGINS,
    OTHER_PRICE,
    SOURCES,
    STATES,
    TAKEN_BACK,
    UNDONE,
    UNSEEN,
    remedy,
)
from standfast.web.console.visit import Answer, Visit

NEAR = timedelta(minutes=1)
SOON_SECONDS, LATER_SECONDS = 2, 15
FILTERS = ("state", "action", "prompt", "visitor", "since", "until", "incident")


class RunsPages(Controller):
    path = "/apps/{app:str}/runs"

    @get("/", opt=needs(Permission.SEE_REPORTS), sync_to_thread=True)
    def list(self, visit: NamedDependency[Visit]) -> Answer:
        chosen = {name: visit.asked(name) for name in FILTERS}
        kept = {name: value for name, value in chosen.items() if value}
        before = visit.asked("before")
        runs = visit.console.runs.by(visit.actor)
        found = runs.list(visit.app_id, _filter(visit), before=_sequence(before))
        following = {**kept, "before": str(found.before)}
        steps = visit.console.first_steps.by(visit.actor).read(visit.app_id)
        return visit.page(
            "runs/list.html",
            found=found,
            chosen=chosen,
            is_filtered=bool(kept),
            states=STATES,
            state_choices=[
                ("", "Every state"),
                *((one.value, STATES[one].label) for one in STATES),
            ],
            actions=dict(_actions(visit)),
            prompts=[("", "Every prompt"), *((one.id, one.name) for one in steps.prompts)],
            queues=_queues(visit, found.open),
            origins=ORIGINS,
            undone=UNDONE,
            newest=f"{visit.here}?{urlencode(kept)}" if before else "",
            older=f"{visit.here}?{urlencode(following)}" if found.before else "",
            may_see_detail=visit.may(Permission.SEE_RUN_DETAIL),
            is_test=steps.is_test,
        )

    @get("/{run:str}", opt=needs(Permission.SEE_RUN_DETAIL), sync_to_thread=True)
    def story(self, visit: NamedDependency[Visit], run: FromPath[str]) -> Answer:
        return story_page(visit, run)


def story_page(visit: Visit, run: str, refused: ServiceRefused | None = None) -> Answer:
    """The story of one run; with `refused` a form on it is shown again."""
    story = visit.console.run_stories.by(visit.actor).tell(visit.app_id, run)
    return visit.page(
        "runs/story.html",
        refused=refused,
        again=_again(visit, story),
        may_redo=visit.may(Permission.REDO_RUNS),
        price=sentence(story.run.quoted, ZoneInfo(visit.zone)) if story.run.quoted else "",
        kept=_kept(story),
        **_told(story),
    )


def _queues(visit: Visit, waiting: OpenWork) -> list[tuple[Any, ...]]:
    """The list's three views, each with how many wait in it."""
    state, incident = visit.asked("state"), visit.asked("incident")
    is_needed = state == RunState.NEEDS_OPERATOR and not incident
    return [
        ("All", visit.here, not incident and not is_needed),
        (
            "Needs a person",
            f"{visit.here}?state={RunState.NEEDS_OPERATOR}",
            is_needed,
            waiting.needs_operator,
        ),
        ("Incidents", f"{visit.here}?incident=open", bool(incident), waiting.incidents),
    ]


def _actions(visit: Visit) -> Iterator[tuple[str, str]]:
    """What the installed connectors can do, by key."""
    for connector in visit.console.registry:
        for one in connector.spec.actions:
            yield one.key, one.title


def _filter(visit: Visit) -> RunFilter:
    known = {one.value for one in RunState}
    until = _day(visit, "until")
    state = visit.asked("state")
    return RunFilter(
        state=state if state in known else "",
        action=visit.asked("action"),
        prompt_id=visit.asked("prompt"),
        user_id=visit.asked("visitor"),
        since=_day(visit, "since"),
        until=until + timedelta(days=1) if until else None,
        has_incident=bool(visit.asked("incident")),
    )


def _day(visit: Visit, name: str) -> datetime | None:
    """The beginning of the day in the app's zone; a day that does not exist filters nothing."""
    try:
        day = datetime.strptime(visit.asked(name), "%Y-%m-%d")  # noqa: DTZ007 - the zone follows
    except ValueError:
        return None
    return day.replace(tzinfo=ZoneInfo(visit.zone))


def _sequence(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 19 else None


def _again(visit: Visit, story: RunStory) -> int:
    """After how many seconds the page of a run under way asks anew."""
    due_at = story.run.due_at
    is_near = due_at is not None and due_at - visit.console.clock.now() < NEAR
    return SOON_SECONDS if is_near else LATER_SECONDS


def _told(story: RunStory) -> dict[str, Any]:
    """What the template shows, with every id that has a name replaced by it."""
    run = story.run
    biller = story.spec.title if story.spec else run.connector
    action = story.spec.action(run.action) if story.spec else None
    told = moments(story, biller)
    return {
        "story": story,
        "run": run,
        "biller": biller,
        "title": action.title if action else run.action,
        "sentence": action.sentence if action else "",
        "trait": story.spec.trait if story.spec else "Billing id",
        "source": SOURCES.get((story.click.billing_id_source if story.click else "") or "", ""),
        "state": STATES[run.state],
        "advice": _advice(run),
        "label": clicked_label(story),
        "asked": tuple(asked_of(action, run.parameters, story.items)),
        "meaning": _meaning(story),
        "undone": UNDONE if _is_undone(story) else None,
        "origin": ORIGINS[run.origin],
        "origins": ORIGINS,
        "charged": money(run.result.charged) if run.result.charged else "",
        "quoted": money(run.quoted.due_now) if run.quoted else "",
        "moments": told,
        "siblings": [(one, _title(story, one.action), STATES[one.state]) for one in story.siblings],
        "children": [(one, STATES[one.run.state]) for one in story.children],
        "is_live": not run.is_finished,
    }


def _kept(story: RunStory) -> str:
    """What became of the price that was shown, once the run has succeeded."""
    prices = (entry.said.get("price") for entry in story.entries)
    return next((str(price["said"]) for price in prices if price), "")


def _is_undone(story: RunStory) -> bool:
    undos = undos_of(story.run, story.siblings)
    return any(one.state is RunState.SUCCEEDED for one in undos)


def _advice(run: ActionRun) -> str:
    if run.state is RunState.WAITING_FOR_VISITOR and run.origin is not Origin.CLICK:
        return UNSEEN
    return remedy(run.result.reason) or ADVICE.get(run.state, "")


def _meaning(story: RunStory) -> str:
    """What the state says in a sentence; true also of what operators have done about it."""
    run = story.run
    if _is_undone(story):
        return UNDONE.meaning
    if run.incident or any("closed" in one.said for one in story.entries):
        return OTHER_PRICE
    is_undo = goal_of(run, story.siblings)[0] is Origin.UNDO
    if is_undo and run.state is RunState.SUCCEEDED:
        return TAKEN_BACK
    return STATES[run.state].meaning


def _title(story: RunStory, action: str) -> str:
    known = story.spec.action(action) if story.spec else None
    return known.title if known else action


def asked_of(
    action: ActionSpec | None,
    parameters: Mapping[str, str],
    named_items: Mapping[tuple[ItemKind, str], CatalogueItem],
    *,
    with_defaults: bool = True,
) -> Iterator[tuple[str, str]]:
    """The parameters with their labels; defaults are told too, as they were asked as well."""
    if action is None:
        yield from parameters.items()
        return
    items = {(str(kind), value): item for (kind, value), item in named_items.items()}
    for one in action.parameters:
        value = parameters.get(one.key) or (one.default if with_defaults else "") or ""
        item = items.get((str(one.kind), value))
        choices = {choice.value: choice.label for choice in one.choices}
        if value:
            yield one.label, named(item) if item else choices.get(value, value)
