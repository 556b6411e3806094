"""The table and the bars."""

from collections import Counter
from collections.abc import Mapping

from chaos_parts.course import Course
from chaos_parts.intents import Action
from chaos_parts.plan import Trouble, Window
from report import Bar, Cell, Report

ZERO_BARS = (
    "effects_twice",
    "accepted_lost",
    "ledger_differs_from_twin",
    "deliveries_disagree",
    "never_answered",
    "audit_chain_broken",
    "answers_5xx",
)


def tell(courses: Mapping[str, Course], seed: int) -> Report:
    report = Report("chaos", packages=("standfast", "httpx2", "sqlalchemy", "uvicorn"))
    columns = {name: _measures(course) for name, course in courses.items()}
    report.row(what="seed", **dict.fromkeys(courses, seed))
    for what in next(iter(columns.values())):
        report.row(what=what, **{name: column[what] for name, column in columns.items()})
    for bar in ZERO_BARS:
        broken = sum(course.verdict.count(bar) for course in courses.values())
        report.bar(Bar(bar, broken, 0, "cases"))
    over = sum(course.verdict.count("in_flight_exceeded") for course in courses.values())
    report.bar(Bar("in_flight_exceeded", over, 0, "requests"))
    least = min(20 * len(one.kills) / len(one.rounds) for one in courses.values())
    report.bar(Bar("kills_per_20_rounds", round(least, 2), 1, "kills", at="least"))
    rarest = min(_share(one, window) for one in courses.values() for window in Window)
    report.bar(Bar("rarest_window_percent", round(rarest, 1), 10, "% of the kills", at="least"))
    return report


def _measures(course: Course) -> dict[str, Cell]:
    troubles, states = course.troubles(), course.verdict.states
    intentions = Counter(one.round.action for one in course.rounds)
    return {
        "rounds": len(course.rounds),
        "deliveries": course.traffic.deliveries,
        "deliveries cut by the visitor": course.traffic.cut_by_us,
        "requests cut by a kill": course.traffic.refused_connections,
        "rounds with a fault": sum(troubles.values()),
        **{f"intention: {one}": intentions[one] for one in Action},
        **{f"fault: {one}": troubles[one] for one in Trouble},
        "faults that struck a request": course.faults_that_struck,
        "kills": len(course.kills),
        **{f"kill: {one}": course.kills_in(one) for one in Window},
        "kill: after the answer, or beside the run": course.kills_in(None),
        **{f"runs {state}": states[state] for state in ("succeeded", "refused", "failed")},
        "runs in another state": sum(states.values())
        - sum(states[state] for state in ("succeeded", "refused", "failed")),
        "calls at the twin": course.calls,
        "most calls in flight": course.most_in_flight,
        "webhooks taken in": course.webhooks[0],
        "deliveries of these": course.webhooks[1],
        "seconds": round(course.seconds, 1),
        "rounds a second": round(len(course.rounds) / course.seconds, 1),
    }


def _share(course: Course, window: Window) -> float:
    return 100 * course.kills_in(window) / max(1, len(course.kills))
