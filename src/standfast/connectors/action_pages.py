"""Writes a connector's actions into its page of the docs, from their specs.

`python -m standfast.connectors.action_pages docs/connectors` draws every page anew between its
two markers; a test holds the pages to it.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from standfast.connectors.registry import Registry
from standfast.contract.actions import ActionSpec, ParameterKind, ParameterSpec, UndoSpec
from standfast.contract.connector import ConnectorSpec

BEGIN = "<!-- actions: drawn by `python -m standfast.connectors.action_pages docs/connectors` -->"
END = "<!-- end of actions -->"


def drawn(page: str, spec: ConnectorSpec) -> str:
    """The page with its actions as the spec has them. Raises ValueError without the markers."""
    before, rest = page.split(BEGIN)
    after = rest.split(END)[1]
    return f"{before}{BEGIN}\n\n{actions_of(spec)}\n{END}{after}"


def actions_of(spec: ConnectorSpec) -> str:
    overview = ["| action | does | may cost | taken back by |", "|---|---|---|---|"]
    overview += [_row(one) for one in spec.actions]
    return "\n".join([*overview, "", *(_action(one, spec) for one in spec.actions)])


def _row(action: ActionSpec) -> str:
    backs = " or ".join(dict.fromkeys(f"`{way.action}`" for way in _ways(action))) or "nothing"
    return f"| `{action.key}` | {action.sentence} | {action.cost} | {backs} |"


def _ways(action: ActionSpec) -> tuple[UndoSpec, ...]:
    return (*((action.undo,) if action.undo else ()), *action.undo_if)


def _action(action: ActionSpec, spec: ConnectorSpec) -> str:
    return "\n".join([
        f"### {action.title}: `{action.key}`",
        "",
        f"{action.sentence} Needs: {_as_clause(action.needs)}{_preview(action)}",
        "",
        *_parameters(action),
        *_undo(action, spec),
        *_calls(action),
    ])  # fmt: skip


def _preview(action: ActionSpec) -> str:
    return " Its price can be shown before the click." if action.has_preview else ""


def _as_clause(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


def _parameters(action: ActionSpec) -> Iterator[str]:
    yield "| parameter | values | meaning |"
    yield "|---|---|---|"
    for one in action.parameters:
        yield f"| `{one.key}` | {_values(one)} | {one.label}. {one.help} |"
    yield ""


def _values(parameter: ParameterSpec) -> str:
    words = [_kind(parameter)]
    if parameter.required:
        words.append("required")
    if parameter.default and parameter.kind is not ParameterKind.CHOICE:
        words.append(f"default {parameter.default}")
    if parameter.may_be_answered:
        words.append("may be answered")
    return ", ".join(words)


def _kind(parameter: ParameterSpec) -> str:
    match parameter.kind:
        case ParameterKind.CHOICE:
            default = parameter.default
            told = (f"`{one.value}`{_is(one.value == default)}" for one in parameter.choices)
            return ", ".join(told)
        case ParameterKind.NUMBER:
            return f"{parameter.least} to {parameter.most}"
        case ParameterKind.DATE:
            return "a day, as 2027-01-31"
        case ParameterKind.TEXT:
            return f"text, up to {parameter.max_length:,} characters"
        case kind:
            return f"a {kind.replace('_', ' ')}"


def _is(default: bool) -> str:
    return " (default)" if default else ""


def _undo(action: ActionSpec, spec: ConnectorSpec) -> Iterator[str]:
    ways = _ways(action)
    if not ways:
        yield "It cannot be taken back from here."
    for way in ways:
        other = spec.action(way.action)
        title = other.title if other else way.action
        where = f" (`{way.only_for[0]}` = `{way.only_for[1]}`)" if way.only_for else ""
        money = " It may move money." if way.moves_money else ""
        yield (
            f"Taken back{where} by *{title}*. {way.until} Not given back: "
            f"{_as_clause(way.gives_not_back)}{money}"
        )
        yield ""
    if not ways:
        yield ""


def _calls(action: ActionSpec) -> Iterator[str]:
    yield "Calls, after the one that reads the customer:"
    yield ""
    yield from (f"- {call}" for call in action.calls)
    if action.repeat_is_safe_because:
        yield ""
        yield f"A repeat is safe: {action.repeat_is_safe_because}."
    yield ""


def main(folder: str) -> None:
    for connector in Registry.from_entry_points():
        page = Path(folder) / f"{connector.spec.key}.md"
        page.write_text(drawn(page.read_text(encoding="utf-8"), connector.spec), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
