"""How much of a prompt's limits is used, in words."""

from collections.abc import Iterator

from standfast.services.read_limits import LimitsOfPrompt
from standfast.web.console.catalogue_words import money


def used_words(limits: LimitsOfPrompt) -> tuple[tuple[str, str], ...]:
    """(what is limited, what is used of it); empty where nothing is."""
    return tuple(_words(limits))


def _words(limits: LimitsOfPrompt) -> Iterator[tuple[str, str]]:
    if limits.accepts is not None:
        yield "Accepts in all", _of(*limits.accepts)
    if limits.accepts_today is not None:
        yield "Accepts today", _of(*limits.accepts_today)
    if limits.budget is not None and limits.budget_left is not None:
        spent, most = limits.budget
        yield "Discount budget", f"{money(spent)} of {money(most)} used"
        yield "Budget left", money(limits.budget_left)
    if limits.once_per_tag is not None:
        yield "Once per customer", f"over all prompts with the tag “{limits.once_per_tag}”"


def _of(used: int, most: int) -> str:
    told = f"{used:,} of {most:,} used"
    return told if used < most else f"{told}: nobody is shown it"
