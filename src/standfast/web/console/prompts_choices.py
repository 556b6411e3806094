"""What the prompt editor offers to choose: actions, and the plans and coupons they name."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from standfast.contract.actions import ActionSpec, ParameterKind, ParameterSpec
from standfast.contract.catalogue import (
    CatalogueItem,
    Coupon,
    ItemKind,
    Plan,
    PricePoint,
    ReasonCode,
)
from standfast.contract.connector import ConnectorSpec
from standfast.domain.offer import ANSWER
from standfast.services.read_connection import Chooseable
from standfast.web.console.catalogue_words import day, discount, lasts, price

SEARCHABLE = frozenset(
    {ParameterKind.PLAN, ParameterKind.COUPON, ParameterKind.PRICE_POINT, ParameterKind.REASON_CODE}
)

WRITTEN = frozenset({ParameterKind.TEXT, ParameterKind.NUMBER, ParameterKind.DATE})


@dataclass(frozen=True)
class Option:
    """`note` is what must be known before choosing: the price, the terms."""

    value: str
    label: str
    note: str = ""


@dataclass(frozen=True)
class ParameterField:
    spec: ParameterSpec
    options: tuple[Option, ...]
    is_searchable: bool

    @property
    def is_choice(self) -> bool:
        return self.spec.kind not in WRITTEN

    @property
    def input_type(self) -> str:
        return "date" if self.spec.kind is ParameterKind.DATE else "text"

    @property
    def hint(self) -> str:
        """With the bounds of a number."""
        least, most = self.spec.least, self.spec.most
        if least is None or most is None:
            return self.spec.help
        return f"{self.spec.help} From {least} to {most}."


@dataclass(frozen=True)
class ActionChoice:
    """One action of one connection, ready to be attached."""

    key: str
    spec: ActionSpec
    connection: Chooseable

    def fields(self, chosen: Mapping[str, str]) -> tuple[ParameterField, ...]:
        return tuple(self._field(one, chosen) for one in self.spec.parameters)

    def told(self, chosen: Mapping[str, str]) -> tuple[str, ...]:
        """The chosen items in words, as in "Gold, $49.00 a month"."""
        found: list[str] = []
        for one in self.fields(chosen):
            option = next((o for o in one.options if o.value == chosen.get(one.spec.key)), None)
            if option and option.value and one.is_searchable:
                found.append(f"{option.label}: {option.note}" if option.note else option.label)
        return tuple(found)

    def facts(self, chosen: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
        """What the author must know before attaching it: needs, cost, the way back."""
        return (
            ("Needs", self.spec.needs),
            ("May cost", self.spec.cost),
            ("Taken back", self._way_back(chosen)),
        )

    def _way_back(self, chosen: Mapping[str, str]) -> str:
        undo = self.spec.undo_for(chosen)
        if undo is None:
            return "It cannot be."
        by = self.connection.spec.action(undo.action)
        way = f"By “{by.title if by else undo.action}”. {undo.until}"
        return f"{way} Not given back: {undo.gives_not_back}" if undo.gives_not_back else way

    def _field(self, spec: ParameterSpec, chosen: Mapping[str, str]) -> ParameterField:
        options = list(self._options(spec, chosen))
        value = chosen.get(spec.key, "")
        is_set = spec.kind not in WRITTEN and ANSWER not in value
        if is_set and value not in {one.value for one in options}:
            missing = Option(value, value, "no longer offered by the billing system")
            options = [*options, missing] if value else options
        return ParameterField(spec, tuple(options), spec.kind in SEARCHABLE)

    def _options(self, spec: ParameterSpec, chosen: Mapping[str, str]) -> Iterable[Option]:
        if spec.kind in WRITTEN:
            return
        if spec.kind is ParameterKind.CHOICE:
            yield from (Option(one.value, one.label) for one in spec.choices)
            return
        yield Option("", "Choose…" if spec.required else _unset(spec))
        for item in self.connection.items[ItemKind(spec.kind)]:
            if not isinstance(item, PricePoint) or _belongs(item, self.spec, chosen):
                yield option_of(item)


def action_choices(connections: Iterable[Chooseable]) -> dict[str, ActionChoice]:
    return {
        f"{one.spec.key}:{action.key}": ActionChoice(f"{one.spec.key}:{action.key}", action, one)
        for one in connections
        for action in one.spec.actions
    }


def specs_of(connections: Iterable[Chooseable]) -> dict[str, ConnectorSpec]:
    return {one.spec.key: one.spec for one in connections}


def option_of(item: CatalogueItem) -> Option:
    """A catalogue item to be chosen: its value in a parameter, its name, its price or terms."""
    match item:
        case Plan():
            note = f"{price(item)} · {item.family_name}"
            return Option(item.external_id, item.name, note)
        case PricePoint():
            kept = " · default" if item.is_default else ""
            return Option(item.external_id, item.name, price(item) + kept)
        case Coupon():
            is_named = item.name.lower() not in {"", item.code.lower()}
            label = f"{item.code} · {item.name}" if is_named else item.code
            return Option(item.code, label, coupon_terms(item))
        case ReasonCode():
            return Option(item.code, item.description, item.code)


def coupon_terms(coupon: Coupon) -> str:
    """As in "30 % off for 3 periods · stacks · until 1 Mar 2027"."""
    words = [f"{discount(coupon)} {lasts(coupon)}"]
    if coupon.stackable:
        words.append("stacks")
    if coupon.ends_at:
        words.append(f"until {day(coupon.ends_at, 'UTC')}")
    return " · ".join(words)


def _unset(spec: ParameterSpec) -> str:
    return {
        ParameterKind.PLAN: "The one they have",
        ParameterKind.PRICE_POINT: "The plan’s default price",
    }.get(spec.kind, "None")


def _belongs(item: PricePoint, spec: ActionSpec, chosen: Mapping[str, str]) -> bool:
    plan = next((one.key for one in spec.parameters if one.kind is ParameterKind.PLAN), "")
    return item.plan_external_id == chosen.get(plan, "")
