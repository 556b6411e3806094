"""A prompt's limits and budget as the form has them: amounts in the site's currency."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from standfast.domain.prompt import Budget, Limits
from standfast.services.errors import FieldInvalid

AMOUNT = "limits.budget.amount_in_cents"
FIXED_COST = "limits.budget.fixed_cost_in_cents"
LIMITS = ("limits.total", "limits.per_day", "limits.once_per_tag", AMOUNT, FIXED_COST)
MOST = 1_000_000_000


def edited_limits(limits: Limits) -> dict[str, str]:
    """The texts of the fields, by name."""
    budget = limits.budget
    return {
        "limits.total": _count(limits.total),
        "limits.per_day": _count(limits.per_day),
        "limits.once_per_tag": limits.once_per_tag or "",
        AMOUNT: _amount(budget.amount_in_cents if budget else None),
        FIXED_COST: _amount(budget.fixed_cost_in_cents if budget else None),
    }


def limits_of(edited: Mapping[str, str]) -> Limits:
    """Raises `FieldInvalid` naming the field."""
    amount, cost = _cents(edited, AMOUNT), _cents(edited, FIXED_COST)
    if amount is None and cost is not None:
        raise FieldInvalid("Set the budget that this cost is taken from.", field=AMOUNT)
    return Limits(
        total=_whole(edited, "limits.total"),
        per_day=_whole(edited, "limits.per_day"),
        once_per_tag=edited.get("limits.once_per_tag", "").strip() or None,
        budget=None if amount is None else Budget(amount, cost),
    )


def _whole(edited: Mapping[str, str], name: str) -> int | None:
    text = edited.get(name, "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and int(text) <= MOST):
        raise FieldInvalid("Write a whole number, or leave it empty for no limit.", field=name)
    return int(text)


def _cents(edited: Mapping[str, str], name: str) -> int | None:
    text = edited.get(name, "").strip()
    if not text:
        return None
    try:
        cents = Decimal(text) * 100
        is_sound = cents == int(cents) and abs(cents) <= MOST * 100
    except (InvalidOperation, ValueError, OverflowError):
        is_sound = False
    if not is_sound:
        raise FieldInvalid("Write an amount, as in 250 or 249.50.", field=name)
    return int(Decimal(text) * 100)


def _count(number: int | None) -> str:
    return "" if number is None else str(number)


def _amount(cents: int | None) -> str:
    return "" if cents is None else f"{Decimal(cents) / 100:.2f}"
