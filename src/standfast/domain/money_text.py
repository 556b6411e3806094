"""Money as people read it."""

from standfast.contract.catalogue import Money

_SIGNS = {"USD": "$", "EUR": "€", "GBP": "£"}


def money(value: Money) -> str:
    """As in "$1,290.00" or "CHF 12.50"."""
    amount = f"{value.amount_in_cents / 100:,.2f}"
    sign = _SIGNS.get(value.currency)
    return f"{sign}{amount}" if sign else f"{value.currency} {amount}".strip()
