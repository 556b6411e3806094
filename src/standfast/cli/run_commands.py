"""What the administrator can have done about runs that have ended."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from standfast.bootstrap import House

Arguments = Mapping[str, str]


def undo(house: "House", given: Arguments) -> list[str]:
    undoing = house.run_deeds.undo
    plan = undoing.plan(given["app"], given["run"])
    begun = undoing.undo(given["app"], given["run"], reason=given["reason"])
    return [
        begun.id,
        f"{plan.spec.title} on {plan.undoing.target} begins. {plan.spec.sentence}",
        f"Possible until: {plan.terms.until}",
        f"Does not give back: {plan.terms.gives_not_back or 'nothing is lost.'}",
    ]


def run_again(house: "House", given: Arguments) -> list[str]:
    again = house.run_deeds.again
    begun = again.run_again(given["app"], given["run"], reason=given["reason"])
    return [begun.id, f"{begun.action} begins once more for {begun.user_id}."]


RUN_COMMANDS = {"run undo": undo, "run again": run_again}
