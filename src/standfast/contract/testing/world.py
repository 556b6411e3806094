"""An in-memory billing system: small, but it keeps its word like a real one.

It makes each change at once or not at all, refuses a token it has seen within its life, and
keeps a log of every change, so a test can say "exactly once" and mean it. What goes wrong on
the way is scripted: `world.next(Script.LOSE_AFTER)` loses the answer of the next write after
its effect.
"""

import json
from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum
from threading import RLock
from typing import TYPE_CHECKING, cast

from standfast.contract.errors import AnswerLost, NotSent
from standfast.contract.transport import Answer, Call, Method

if TYPE_CHECKING:
    from collections.abc import Callable


class Script(StrEnum):
    """What happens to a write."""

    SUCCEED = "succeed"
    """The change is made and answered."""
    REFUSE = "refuse"
    """Answered with 422 and a text no table knows."""
    DECLINE = "decline"
    """Answered with 422: the card was declined."""
    NEED_VISITOR = "need_visitor"
    """Answered with 422 and a link for the visitor."""
    LOSE_BEFORE = "lose_before"
    """The connection breaks after sending; nothing was changed."""
    LOSE_AFTER = "lose_after"
    """The change is made, then the connection breaks."""
    NOT_SENT = "not_sent"
    """The biller cannot be reached."""
    THROTTLE = "throttle"
    """Answered with 429."""
    UNAUTHORIZED = "unauthorized"
    """Answered with 401."""
    BLOCKED = "blocked"
    """Answered with 403: the account is suspended."""
    FAIL_BEFORE = "fail_before"
    """Answered with a 500 in HTML; nothing was changed."""
    FAIL_AFTER = "fail_after"
    """The change is made, then answered with a 500 in HTML."""
    CONFLICT = "conflict"
    """Answered with 409; nothing was changed."""
    GARBLE = "garble"
    """The change is made and answered with 200 and a body nobody can read."""
    CRASH = "crash"
    """An exception nobody planned for comes out of the transport; nothing was changed."""


@dataclass(frozen=True)
class Change:
    """One change the biller made: the effect on somebody's bill."""

    action: str
    customer: str
    subscription: str
    reference: str
    token: str


@dataclass
class Subscription:
    id: str
    customer: str
    plan: str
    state: str = "active"
    coupons: list[str] = field(default_factory=list[str])


def _answer(status: int, value: object) -> Answer:
    return Answer(status, json.dumps(value).encode(), request_id=f"world-{status}")


_HTML = Answer(500, b"<html><body>Something went wrong</body></html>", request_id="world-500")
_FIXED: dict[Script, Answer] = {
    Script.REFUSE: _answer(422, {"errors": ["The moon is in the wrong house."]}),
    Script.DECLINE: _answer(422, {"code": "payment_declined", "errors": ["Card declined."]}),
    Script.NEED_VISITOR: _answer(422, {"link": "https://biller.example/confirm"}),
    Script.THROTTLE: _answer(429, {"after": 7}),
    Script.UNAUTHORIZED: _answer(401, {}),
    Script.BLOCKED: _answer(403, {}),
    Script.FAIL_BEFORE: _HTML,
    Script.CONFLICT: _answer(409, {"errors": ["duplicate"]}),
}


class World:
    """The biller's truth. Safe to use from several threads.

    `on_write` is called with each write before anything happens to it, `on_effect` after a
    change was made and before it is answered: the places where a test holds, kills or looks.
    """

    def __init__(self) -> None:
        self.customers: set[str] = set()
        self.subscriptions: dict[str, Subscription] = {}
        self.changes: list[Change] = []
        self.calls: list[Call] = []
        self.reads_fail = False
        self.knows_key = True
        self.on_write: Callable[[Call], None] | None = None
        self.on_effect: Callable[[Change], None] | None = None
        self._scripts: deque[Script] = deque()
        self._scripts_of: dict[str, deque[Script]] = {}
        self._tokens: set[str] = set()
        self._lock = RLock()

    @property
    def transport(self) -> "WorldTransport":
        return WorldTransport(self)

    def next(self, *scripts: Script) -> None:
        """Script the next writes, in order; those after them succeed."""
        self._scripts.extend(scripts)

    def script(self, reference: str, *scripts: Script) -> None:
        """Script the next writes that carry this order's reference."""
        self._scripts_of.setdefault(reference, deque()).extend(scripts)

    def add_customer(self, customer: str, *, plan: str | None = None) -> None:
        with self._lock:
            self.customers.add(customer)
            if plan is not None:
                self._subscribe(customer, plan)

    def forget_tokens(self) -> None:
        """As if the tokens' life had passed."""
        self._tokens.clear()

    def changes_of(self, reference: str) -> list[Change]:
        with self._lock:
            return [one for one in self.changes if one.reference == reference]

    def answer(self, call: Call) -> Answer:
        """What the biller says to a call; raises as a transport would."""
        with self._lock:
            self.calls.append(call)
        if call.method is Method.GET:
            return self._read(call.path)
        return self._write(call)

    def _read(self, path: str) -> Answer:
        if self.reads_fail:
            raise NotSent("the biller cannot be reached")
        if not self.knows_key:
            return _FIXED[Script.UNAUTHORIZED]
        with self._lock:
            match path.strip("/").split("/"):
                case ["site"]:
                    return _answer(200, {"name": "World"})
                case ["customers", customer] if customer in self.customers:
                    return _answer(200, self._customer(customer))
                case ["customers"]:
                    return _answer(200, [self._customer(one) for one in sorted(self.customers)])
                case ["changes", reference]:
                    return self._find_change(reference)
                case _:
                    return Answer(404, b" ")

    def _find_change(self, reference: str) -> Answer:
        found = self.changes_of(reference)
        return _answer(200, {"subscription": found[0].subscription}) if found else Answer(404, b"")

    def _customer(self, customer: str) -> dict[str, object]:
        own = [vars(one) for one in self.subscriptions.values() if one.customer == customer]
        return {"id": customer, "subscriptions": own}

    def _write(self, call: Call) -> Answer:
        wish = {key: str(value) for key, value in (call.json or {}).items()}
        if self.on_write is not None:
            self.on_write(call)
        return self._follow(self._next_script(wish["reference"]), wish)

    def _next_script(self, reference: str) -> Script:
        with self._lock:
            own = self._scripts_of.get(reference)
            if own:
                return own.popleft()
            return self._scripts.popleft() if self._scripts else Script.SUCCEED

    def _follow(self, script: Script, wish: dict[str, str]) -> Answer:
        match script:
            case Script.NOT_SENT:
                raise NotSent("the biller cannot be reached")
            case Script.LOSE_BEFORE:
                raise AnswerLost("the connection broke")
            case Script.CRASH:
                raise RuntimeError("nobody planned for this")
            case Script.SUCCEED | Script.LOSE_AFTER | Script.FAIL_AFTER | Script.GARBLE:
                return self._follow_with_effect(script, wish)
            case Script.REFUSE | Script.DECLINE | Script.NEED_VISITOR:
                return self._refuse(script, wish)
            case _:
                return _FIXED[script]

    def _follow_with_effect(self, script: Script, wish: dict[str, str]) -> Answer:
        answer = self._change(wish)
        match script:
            case Script.LOSE_AFTER:
                raise AnswerLost("the connection broke")
            case Script.FAIL_AFTER:
                return _HTML
            case Script.GARBLE:
                return Answer(200, b"\x00 not json", request_id="world-200")
            case _:
                return answer

    def _refuse(self, script: Script, wish: dict[str, str]) -> Answer:
        """A refusal burns its token too, as Chargify's does."""
        is_new = self._take_token(wish["token"])
        return _FIXED[script] if is_new else _FIXED[Script.CONFLICT]

    def _change(self, wish: dict[str, str]) -> Answer:
        if not self._take_token(wish["token"]):
            return _FIXED[Script.CONFLICT]
        change = self._make(wish)
        if change is None:
            return _answer(422, {"code": "no_subscription", "errors": ["No live subscription."]})
        if self.on_effect is not None:
            self.on_effect(change)
        return _answer(200, {"subscription": change.subscription})

    def _take_token(self, token: str) -> bool:
        with self._lock:
            is_new = token not in self._tokens
            self._tokens.add(token)
            return is_new

    def _make(self, wish: dict[str, str]) -> Change | None:
        with self._lock:
            subscription = self._apply(wish)
            if subscription is None:
                return None
            change = Change(
                wish["action"],
                subscription.customer,
                subscription.id,
                wish["reference"],
                wish["token"],
            )
            self.changes.append(change)
            return change

    def _apply(self, wish: dict[str, str]) -> Subscription | None:
        if wish["action"] == "create_subscription":
            return self._subscribe(wish["customer"], wish["plan"])
        subscription = self._live(wish["customer"])
        if subscription is None:
            return None
        if wish["action"] == "cancel_subscription":
            subscription.state = "canceled"
        else:
            subscription.coupons.append(wish["coupon"])
        return subscription

    def _subscribe(self, customer: str, plan: str) -> Subscription:
        made = Subscription(f"s{len(self.subscriptions) + 1}", customer, plan)
        self.subscriptions[made.id] = made
        return made

    def _live(self, customer: str) -> Subscription | None:
        own = [one for one in self.subscriptions.values() if one.customer == customer]
        return next((one for one in reversed(own) if one.state == "active"), None)


@dataclass
class WorldTransport:
    """The way to a `World`."""

    world: World

    def send(self, call: Call) -> Answer:
        return self.world.answer(call)

    def write(self, call: Call, *, just_before: "Callable[[], None]") -> Answer:
        just_before()
        return self.send(call)


def read_json(answer: Answer) -> dict[str, object] | None:
    """The answer's JSON object, or None when it holds none."""
    try:
        value: object = json.loads(answer.body)
    except ValueError:
        return None
    return cast("dict[str, object]", value) if isinstance(value, dict) else None
