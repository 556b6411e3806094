"""Where an operator lands: what needs them, how the prompts do, what was changed last."""

from collections.abc import Iterator
from dataclasses import dataclass

from litestar import Controller, get
from litestar.di import NamedDependency

from standfast.domain.action_run import RunState
from standfast.domain.prompt import PromptStatus
from standfast.domain.roles import Permission
from standfast.services.read_first_steps import FirstSteps
from standfast.services.read_overview import Attention, Overview, Tally
from standfast.store.run_lists import RunFilter
from standfast.web.console.connectors_view import Problem, retired_in_use
from standfast.web.console.door import needs
from standfast.web.console.overview_chart import chart_of, share
from standfast.web.console.runs_words import ORIGINS, STATES, UNDONE
from standfast.web.console.visit import Answer, Visit

LAST_RUNS = 10


@dataclass(frozen=True)
class PromptLine:
    id: str
    name: str
    status: PromptStatus | None
    tally: Tally


@dataclass(frozen=True)
class Task:
    """One of the first three steps; `path` is empty for those who may not do it."""

    title: str
    text: str
    link: str
    path: str
    is_done: bool


class OverviewPages(Controller):
    @get("/apps/{app:str}", opt=needs(Permission.SEE_REPORTS), sync_to_thread=True)
    def show(self, visit: NamedDependency[Visit]) -> Answer:
        overview = visit.console.overview.by(visit.actor).read(visit.app_id)
        steps = visit.console.first_steps.by(visit.actor).read(visit.app_id)
        runs = visit.console.runs.by(visit.actor).list(visit.app_id, RunFilter())
        return visit.page(
            "overview/overview.html",
            overview=overview,
            attention=tuple(_attention(visit, overview)),
            tasks=() if steps.are_done else _tasks(visit, steps),
            steps=steps,
            chart=chart_of(overview),
            lines=_lines(overview, steps),
            counts=[(state, overview.runs[state]) for state in STATES if overview.runs.get(state)],
            runs=runs.lines[:LAST_RUNS],
            shows_people=runs.shows_people,
            states=STATES,
            origins=ORIGINS,
            undone=UNDONE,
            actions={
                one.key: one.title
                for connector in visit.console.registry
                for one in connector.spec.actions
            },
            may_see_detail=visit.may(Permission.SEE_RUN_DETAIL),
            may_edit=visit.may(Permission.EDIT_PROMPTS),
            share=share,
        )


def _attention(visit: Visit, overview: Overview) -> Iterator[Problem]:
    for one in overview.attention:
        yield Problem(one.title, one.text, _where(visit, one), "Look at it", "bad")
    if visit.may(Permission.SEE_CATALOGUE):
        for catalogue in visit.console.catalogue.by(visit.actor).list(visit.app_id):
            yield from retired_in_use(catalogue, visit.app_path())


def _where(visit: Visit, one: Attention) -> str:
    """The page on which it is mended, for those who may open it."""
    if one.where == "connection" and visit.may(Permission.USE_CONNECTIONS):
        return visit.app_path(f"/settings/connectors/{one.subject}")
    if one.where == "runs":
        return visit.app_path(f"/runs?state={RunState(one.subject)}")
    if one.where == "incidents":
        return visit.app_path("/runs?incident=open")
    return ""


def _lines(overview: Overview, steps: FirstSteps) -> list[PromptLine]:
    """Prompts that were seen, the most shown first, then live ones nobody has seen yet."""
    names = {one.id: one for one in steps.prompts}
    seen = [
        PromptLine(key, names[key].name if key in names else key, _status(steps, key), tally)
        for key, tally in overview.by_prompt.items()
    ]
    quiet = [
        PromptLine(one.id, one.name, one.status, Tally())
        for one in steps.prompts
        if one.id not in overview.by_prompt and one.status is PromptStatus.LIVE
    ]
    return [*sorted(seen, key=lambda one: -one.tally.impressions), *quiet]


def _status(steps: FirstSteps, prompt_id: str) -> PromptStatus | None:
    return next((one.status for one in steps.prompts if one.id == prompt_id), None)


def _tasks(visit: Visit, steps: FirstSteps) -> tuple[Task, ...]:
    connect = visit.may(Permission.USE_CONNECTIONS)
    install = visit.may(Permission.CHANGE_APP)
    build = visit.may(Permission.EDIT_PROMPTS)
    titles = ", ".join(one.spec.title for one in visit.console.registry)
    return (
        Task(
            f"Connect {titles}",
            "Plans, coupons and customers are read, so that offers can be kept.",
            "Connect",
            visit.app_path("/settings/connectors") if connect else "",
            steps.is_connected,
        ),
        Task(
            "Install the tag",
            "One script on your pages shows the prompts to your signed-in customers.",
            "Get the snippet",
            visit.app_path("/settings/keys") if install else "",
            steps.is_tag_heard,
        ),
        Task(
            "Build a prompt",
            "An offer, a button, and what the button changes on the customer's bill.",
            "Build a prompt",
            visit.app_path("/prompts") if build else "",
            steps.has_live_prompt,
        ),
    )
