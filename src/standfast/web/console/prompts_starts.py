"""Three prompts to begin with. Nobody faces an empty form."""

from collections.abc import Iterable
from dataclasses import dataclass

from standfast.domain.prompt import (
    AttachedAction,
    Button,
    ButtonBody,
    ManualTrigger,
    PageTrigger,
    PromptBody,
    ResultTexts,
    Step,
    Triggers,
)
from standfast.services.read_connection import Chooseable


@dataclass(frozen=True)
class Start:
    """`action` is attached where a connection has it."""

    key: str
    name: str
    text: str
    icon: str
    title: str
    message: str
    accept: str
    action: str
    triggers: Triggers
    succeeded: str


ACCOUNT = Triggers(pages=(PageTrigger("/account/*"),))
STARTS = (
    Start(
        "upgrade", "Upgrade", "Offer a plan to customers who could use more.", "arrow-right",
        "Ready for more?", "Get everything for your whole team, from today.", "Upgrade now",
        "create_subscription", Triggers(pages=(PageTrigger("/pricing"),)),
        "Welcome aboard. Your new plan is active.",
    ),
    Start(
        "cancel", "Cancel", "Let customers leave in one honest click.", "leave",
        "Cancel your plan?", "You keep everything until the end of the period you have paid for.",
        "Cancel my plan", "cancel_subscription", Triggers(manual=(ManualTrigger("cancel"),)),
        "Done. Your plan ends with the period you have paid for.",
    ),
    Start(
        "loyalty", "Loyalty offer", "Thank customers who stay with a coupon.", "tag",
        "Thank you for staying", "Here is something off your next bills.", "Take the offer",
        "add_coupon", ACCOUNT, "Your next bill will be lower.",
    ),
)  # fmt: skip


def start_body(key: str, connections: Iterable[Chooseable]) -> tuple[str, PromptBody]:
    """Name and body of a starting point; an unknown key gives an empty prompt."""
    start = next((one for one in STARTS if one.key == key), None)
    if start is None:
        return "", _empty()
    found = next((one.spec for one in connections if one.spec.action(start.action)), None)
    spec = found.action(start.action) if found else None
    chosen = {one.key: one.default for one in spec.parameters if one.default} if spec else {}
    actions = (AttachedAction(found.key, start.action, chosen),) if found else ()
    buttons = {
        Button.ACCEPT: ButtonBody(start.accept, actions),
        Button.DECLINE: ButtonBody("Not now"),
    }
    body = PromptBody(
        steps=(Step("offer", start.title, start.message, buttons),),
        triggers=start.triggers,
        texts=ResultTexts(succeeded=start.succeeded),
    )
    return start.name, body


def _empty() -> PromptBody:
    buttons = {Button.ACCEPT: ButtonBody("Yes, please"), Button.DECLINE: ButtonBody("No, thanks")}
    return PromptBody(steps=(Step("offer", "", "", buttons),), triggers=Triggers())
