r"""Regular expressions that cannot hang: a small dialect, matched in linear time.

Known: literals, `.`, `[a-z]` and `[^…]`, `\d \w \s` and their capitals, groups, `|`,
`* + ?`, `{m}`, `{m,n}` (at most 50), `^` at the start and `$` at the end. An anchor
holds for the whole expression; without one it may match anywhere in the path.
"""

from collections.abc import Callable
from dataclasses import dataclass

PATTERN_LIMIT = 200
TEXT_LIMIT = 2_000
REPEAT_LIMIT = 50
PROGRAM_LIMIT = 2_000

_CLASSES: dict[str, Callable[[str], bool]] = {
    "d": lambda c: "0" <= c <= "9",
    "w": lambda c: c.isalnum() or c == "_",
    "s": str.isspace,
    "D": lambda c: not "0" <= c <= "9",
    "W": lambda c: not (c.isalnum() or c == "_"),
    "S": lambda c: not c.isspace(),
}


class PatternInvalid(Exception):
    """The expression cannot be used."""


@dataclass(frozen=True)
class _One:
    """One character that passes the test."""

    test: Callable[[str], bool]


@dataclass(frozen=True)
class _Row:
    parts: "tuple[_Node, ...]"


@dataclass(frozen=True)
class _Either:
    choices: "tuple[_Node, ...]"


@dataclass(frozen=True)
class _Repeat:
    part: "_Node"
    least: int
    most: int | None


_Node = _One | _Row | _Either | _Repeat


@dataclass(frozen=True)
class _Split:
    ways: tuple[int, int]


_Step = _One | _Split | int
"""A test of one character, a fork, or a jump."""


def compile_pattern(text: str) -> Callable[[str], bool]:
    """A function that tells whether a text matches. Raises `PatternInvalid`."""
    if len(text) > PATTERN_LIMIT:
        raise PatternInvalid(f"An expression may have at most {PATTERN_LIMIT} characters.")
    starts, ends = text.startswith("^"), _ends_anchored(text)
    node = _Parser(text[starts : len(text) - ends]).parse()
    program: list[_Step] = []
    _emit(node, program)
    goal = len(program)

    def matches(subject: str) -> bool:
        states = _closure({0}, program)
        for character in subject[:TEXT_LIMIT]:
            if goal in states and not ends:
                return True
            states = _advance(states, character, program, restart=not starts)
        return goal in states

    return matches


def _ends_anchored(text: str) -> bool:
    slashes = len(text[:-1]) - len(text[:-1].rstrip("\\"))
    return text.endswith("$") and slashes % 2 == 0


def _advance(states: set[int], character: str, program: list[_Step], *, restart: bool) -> set[int]:
    found = {0} if restart else set[int]()
    for place in states:
        step = program[place] if place < len(program) else None
        if isinstance(step, _One) and step.test(character):
            found.add(place + 1)
    return _closure(found, program)


def _closure(places: set[int], program: list[_Step]) -> set[int]:
    reached: set[int] = set()
    open_places = list(places)
    while open_places:
        place = open_places.pop()
        if place in reached:
            continue
        reached.add(place)
        step = program[place] if place < len(program) else None
        if isinstance(step, _Split):
            open_places.extend(step.ways)
        elif isinstance(step, int):
            open_places.append(step)
    return reached


def _emit(node: _Node, program: list[_Step]) -> None:
    if len(program) > PROGRAM_LIMIT:
        raise PatternInvalid("The expression repeats too much.")
    match node:
        case _One():
            program.append(node)
        case _Row(parts):
            for part in parts:
                _emit(part, program)
        case _Either(choices):
            _emit_choices(choices, program)
        case _Repeat(part, least, most):
            for _ in range(least):
                _emit(part, program)
            if most is None:
                _emit_star(part, program)
            else:
                for _ in range(most - least):
                    _emit_maybe(part, program)


def _emit_choices(choices: tuple[_Node, ...], program: list[_Step]) -> None:
    jumps: list[int] = []
    for choice in choices[:-1]:
        fork = len(program)
        program.append(0)
        _emit(choice, program)
        jumps.append(len(program))
        program.append(0)
        program[fork] = _Split((fork + 1, len(program)))
    _emit(choices[-1], program)
    for jump in jumps:
        program[jump] = len(program)


def _emit_star(part: _Node, program: list[_Step]) -> None:
    fork = len(program)
    program.append(0)
    _emit(part, program)
    program.append(fork)
    program[fork] = _Split((fork + 1, len(program)))


def _emit_maybe(part: _Node, program: list[_Step]) -> None:
    fork = len(program)
    program.append(0)
    _emit(part, program)
    program[fork] = _Split((fork + 1, len(program)))


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._depth = 0

    def parse(self) -> _Node:
        node = self._either()
        if self._at < len(self._text):
            raise PatternInvalid("A bracket is closed that was never opened.")
        return node

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _take(self) -> str:
        character = self._peek()
        if not character:
            raise PatternInvalid("The expression ends too early.")
        self._at += 1
        return character

    def _either(self) -> _Node:
        choices = [self._row()]
        while self._peek() == "|":
            self._take()
            choices.append(self._row())
        return choices[0] if len(choices) == 1 else _Either(tuple(choices))

    def _row(self) -> _Node:
        parts: list[_Node] = []
        while self._peek() not in {"", "|", ")"}:
            parts.append(self._repeated(self._atom()))
        return _Row(tuple(parts))

    def _repeated(self, atom: _Node) -> _Node:
        match self._peek():
            case "*":
                bounds: tuple[int, int | None] = (0, None)
            case "+":
                bounds = (1, None)
            case "?":
                bounds = (0, 1)
            case "{":
                bounds = self._bounds()
            case _:
                return atom
        self._take()
        if self._peek() in {"*", "+", "?", "{"} and self._peek():
            raise PatternInvalid("A repetition cannot follow a repetition.")
        return _Repeat(atom, *bounds)

    def _bounds(self) -> tuple[int, int]:
        """Stands on the closing bracket afterwards."""
        end = self._text.find("}", self._at)
        least, comma, most = self._text[self._at + 1 : max(end, 0)].partition(",")
        if end < 0 or not least.isdecimal() or (comma and not most.isdecimal()):
            raise PatternInvalid("Write a repetition as {3} or {1,5}.")
        low, high = int(least), int(most or least)
        if not low <= high <= REPEAT_LIMIT:
            raise PatternInvalid(f"A repetition goes from less to more, at most {REPEAT_LIMIT}.")
        self._at = end
        return low, high

    def _atom(self) -> _Node:
        character = self._take()
        match character:
            case ".":
                return _One(lambda _: True)
            case "[":
                return _One(self._set())
            case "(":
                return self._group()
            case "\\":
                return _One(self._escaped())
            case "*" | "+" | "?" | "{":
                raise PatternInvalid(f"There is nothing to repeat before {character!r}.")
            case "^" | "$":
                raise PatternInvalid(f"{character!r} stands only at the start or end.")
            case _:
                return _One(character.__eq__)

    def _group(self) -> _Node:
        self._depth += 1
        if self._depth > 20:
            raise PatternInvalid("The groups are nested too deeply.")
        if self._text.startswith("?:", self._at):
            self._at += 2
        elif self._peek() == "?":
            raise PatternInvalid("Look-around and named groups are not known here.")
        node = self._either()
        if self._peek() != ")":
            raise PatternInvalid("A group is not closed.")
        self._take()
        self._depth -= 1
        return node

    def _escaped(self) -> Callable[[str], bool]:
        character = self._take()
        if character in _CLASSES:
            return _CLASSES[character]
        if character.isalnum():
            raise PatternInvalid(f"'\\{character}' is not known here.")
        return character.__eq__

    def _set(self) -> Callable[[str], bool]:
        is_negated = self._peek() == "^"
        if is_negated:
            self._take()
        tests: list[Callable[[str], bool]] = []
        while self._peek() != "]" or not tests:
            tests.append(self._member())
        self._take()
        return lambda c: any(test(c) for test in tests) is not is_negated

    def _member(self) -> Callable[[str], bool]:
        first = self._take()
        if first == "\\":
            return self._escaped()
        if self._peek() != "-" or self._text[self._at + 1 : self._at + 2] in {"]", ""}:
            return first.__eq__
        self._take()
        last = self._take()
        if last < first or last == "\\":
            raise PatternInvalid(f"The range {first}-{last} goes backwards.")
        return lambda c: first <= c <= last
