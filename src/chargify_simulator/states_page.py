"""Draws docs/simulator-states.md from the table: `python -m chargify_simulator.states_page`."""

import sys

from .states import TABLE, TICKS, No, Op, State, Yes
from .texts import TEXTS

HEAD = """# What a subscription takes in which state

Drawn from the table the simulator acts on (`chargify_simulator/states.py`); do not edit by hand:
`python -m chargify_simulator.states_page > docs/simulator-states.md`.

Evidence: **L** the vendor's own live tests assert it, **D** the vendor documents it, **I**
inferred: no public source decides it, and a client must not lean on it. "yes" without a state
leaves the state as it is.
"""


def page() -> str:
    parts = [HEAD, *(_operation(op) for op in Op), _time()]
    return "\n".join(parts)


def _operation(op: Op) -> str:
    lines = [f"## {op.value.capitalize()}", "", "| state | answer | evidence |", "|---|---|---|"]
    for state in State:
        cell = TABLE[op][state]
        match cell:
            case Yes(to=to):
                told = " or ".join(f"`{each}`" for each in to)
                said = f"yes → {told}" if to else "yes"
            case No(text=key, shape=shape):
                said = shape.value if not key else shape.value.replace("text", f'"{_text(key)}"')
                said = f"no: `{said}`"
        lines.append(f"| `{state}` | {said} | {cell.evidence} |")
    return "\n".join([*lines, ""])


def _text(key: str) -> str:
    return TEXTS[key].text.replace('"', '\\"')


def _time() -> str:
    lines = ["## What time does", "", "| when | from | to |", "|---|---|---|"]
    for tick, moves in TICKS.items():
        for state, to in moves.items():
            told = " or ".join(f"`{each}`" for each in to)
            lines.append(f"| {tick.value} | `{state}` | {told} |")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    sys.stdout.write(page())
