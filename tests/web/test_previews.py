"""A price over real HTTP: who is told, and what a slow billing system costs everybody else."""

import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import httpx2
import pytest
from structlog.testing import capture_logs

from builders import a_prompt, an_action
from clocks import FrozenClock
from standfast.bootstrap import House, build
from standfast.config import Durations, Settings
from standfast.connectors.registry import Registry
from standfast.contract.actions import Order, Preview, RefusalReason, Refused
from standfast.contract.catalogue import Money
from standfast.contract.testing import ScriptedConnector, World
from standfast.contract.transport import Transport
from standfast.services.open_site import Site
from standfast.web.edge import MOST_PREVIEWS
from web.conftest import Shop


class PricedConnector(ScriptedConnector):
    """Tells prices as a test wants them, and only when it is let."""

    spec = replace(
        ScriptedConnector.spec,
        actions=tuple(
            replace(one, has_preview=one.key != "create_subscription")
            for one in ScriptedConnector.spec.actions
        ),
    )

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.prices: dict[str, Preview | Refused | Exception] = {}

    def preview(
        self, order: Order, transport: Transport, settings: Mapping[str, str]
    ) -> Preview | Refused:
        self.may_answer.wait(20)
        told = self.prices.get(order.action, Preview(Money(900, "USD")))
        if isinstance(told, Exception):
            raise told
        return told


class PricedSites:
    def __init__(self, connector: PricedConnector) -> None:
        self.connector = connector

    def open(self, connection: object, lane: object) -> Site:
        return Site(self.connector, self.connector.world.transport, {})


@pytest.fixture
def connector(world: World) -> Iterator[PricedConnector]:
    connector = PricedConnector(world)
    yield connector
    connector.may_answer.set()


@pytest.fixture
def preview_wait() -> float:
    return 10.0


@pytest.fixture
def house(
    tmp_path, clock: FrozenClock, connector: PricedConnector, limits: str, preview_wait: float
) -> Iterator[House]:
    durations = Durations(accept_wait=5.0, preview_wait=preview_wait)
    house = build(
        replace(Settings(data=tmp_path / "data"), durations=durations),
        clock,
        environment={"STANDFAST_LIMITS": limits},
        registry=Registry([connector]),
        sites=PricedSites(connector),
    )
    yield house
    house.close()


def ask(shop: Shop, token: str, **more: object) -> httpx2.Response:
    body: dict[str, Any] = {"app": shop.app, "identity": shop.token(), "token": token}
    return shop.post("/v1/previews", {**body, "step": "offer", **more})


def shown(shop: Shop) -> str:
    (prompt,) = shop.decide().json()["prompts"]
    return prompt["token"]


def offer(shop: Shop, *actions: str) -> str:
    """A prompt to ada whose accept does these; its token."""
    first = shop.offer_cancelling()
    body = a_prompt(*[an_action(one, **_PARAMETERS[one]) for one in actions])
    shop.house.publish_prompt.save_draft(shop.app, name="Offer", body=body, prompt_id=first)
    shop.house.publish_prompt.publish(shop.app, first, by="test")
    assert isinstance(shop.house.clock, FrozenClock)
    shop.house.clock.advance(1)
    return shown(shop)


_PARAMETERS = {
    "create_subscription": {"plan": "silver"},
    "cancel_subscription": {},
    "add_coupon": {"coupon": "TEN"},
}


def test_a_price_is_told_in_figures_and_in_a_sentence(shop, connector) -> None:
    shop.offer_cancelling()

    answer = ask(shop, shown(shop))

    assert answer.status_code == 200
    told = answer.json()
    assert len(told.pop("quote")) <= 512
    assert told == {
        "due_now": {"amount_in_cents": 900, "currency": "USD"},
        "next_charge": None,
        "on": None,
        "is_estimate": False,
        "text": "$9.00 due now",
    }


def test_decisions_do_not_wait_for_prices(shop, connector) -> None:
    shop.offer_cancelling()
    token = shown(shop)
    connector.may_answer.clear()

    with ThreadPoolExecutor(24) as pages:
        asking = [pages.submit(ask, shop, token) for _ in range(24)]
        decisions = [shop.decide().status_code for _ in range(3)]
        is_waiting = not any(one.done() for one in asking)
        connector.may_answer.set()
        answers = {one.result().status_code for one in asking}

    assert decisions == [200] * 3
    assert is_waiting
    assert answers == {200}


def test_more_than_can_be_asked_are_told_to_come_back(shop, connector) -> None:
    shop.offer_cancelling()
    token = shown(shop)
    connector.may_answer.clear()

    with ThreadPoolExecutor(MOST_PREVIEWS + 4) as pages:
        asking = [pages.submit(ask, shop, token) for _ in range(MOST_PREVIEWS + 4)]
        turned_away = _first_to_answer(asking, 4)
        connector.may_answer.set()
        statuses = sorted(one.result().status_code for one in asking)

    assert all(one.headers["retry-after"] == "1" for one in turned_away)
    assert statuses == [200] * MOST_PREVIEWS + [503] * 4


def _first_to_answer(asking: list[Future[httpx2.Response]], count: int) -> list[httpx2.Response]:
    enough, answered = threading.Event(), list[httpx2.Response]()

    def note(one: Future[httpx2.Response]) -> None:
        answered.append(one.result())
        if len(answered) == count:
            enough.set()

    for one in asking:
        one.add_done_callback(note)
    assert enough.wait(15)
    return answered[:count]


@pytest.mark.parametrize("preview_wait", [0.2])
def test_a_page_is_not_kept_waiting_for_a_slow_billing_system(shop, connector) -> None:
    shop.offer_cancelling()
    token = shown(shop)
    connector.may_answer.clear()

    answer = ask(shop, token)

    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"
    assert answer.json()["detail"] == "The billing system does not answer. Ask again in a moment."


@pytest.mark.parametrize("limits", ["visitor=0.3 app=1000 address=1000 server=1000"])
def test_a_visitor_cannot_ask_without_end(shop, connector) -> None:
    shop.offer_cancelling()
    token = shown(shop)

    statuses = [ask(shop, token).status_code for _ in range(4)]

    assert statuses[:2] == [200, 200]
    assert statuses[-1] == 429


def test_an_action_that_cannot_tell_its_price_is_named(shop, connector) -> None:
    token = offer(shop, "create_subscription")

    answer = ask(shop, token)

    assert answer.status_code == 422
    assert answer.json()["field"] == "button"
    assert answer.json()["detail"] == "Create subscription cannot tell its price beforehand."


def test_several_currencies_make_no_price(shop, connector) -> None:
    token = offer(shop, "add_coupon", "cancel_subscription")
    connector.prices["add_coupon"] = Preview(Money(1, "EUR"))

    answer = ask(shop, token)

    assert (answer.status_code, answer.json()["field"]) == (422, "button")


def test_a_refusal_tells_the_page_its_reason_and_keeps_the_operators_words(shop, connector) -> None:
    shop.offer_cancelling()
    token = shown(shop)
    connector.prices["cancel_subscription"] = Refused(
        RefusalReason.WRONG_STATE, "Invoice 7 is open"
    )

    answer = ask(shop, token)

    assert answer.json() == {
        "title": "Conflict",
        "status": 409,
        "detail": "The offer cannot be kept now.",
        "reason": "wrong_state",
        "message": "We could not make this change. Nothing was charged. "
        "Your subscription does not allow it at the moment.",
    }


def test_a_refusal_is_logged_with_the_operators_words_and_nobodys_address(shop, connector) -> None:
    prompt = shop.offer_cancelling()
    token = shown(shop)
    told = "Invoice 7 of ada@example.com is open, see https://billing.example/7?key=x"
    connector.prices["cancel_subscription"] = Refused(RefusalReason.WRONG_STATE, told)

    with capture_logs() as logged:
        ask(shop, token)

    (event,) = [one for one in logged if one["event"] == "price.refused"]
    assert event == {
        "event": "price.refused",
        "log_level": "info",
        "app": shop.app,
        "prompt": prompt,
        "reason": "wrong_state",
        "why": "Invoice 7 of [e-mail] is open, see [link]",
    }


def test_a_connector_that_fails_is_our_fault_and_says_nothing_of_itself(shop, connector) -> None:
    shop.offer_cancelling()
    token = shown(shop)
    connector.prices["cancel_subscription"] = RuntimeError("secret")

    answer = ask(shop, token)

    assert answer.status_code == 500
    assert "secret" not in answer.text


def test_a_page_of_another_origin_is_told_nothing(shop, connector) -> None:
    shop.offer_cancelling()
    body = {"app": shop.app, "identity": shop.token(), "token": shown(shop), "step": "offer"}

    answer = shop.post("/v1/previews", body, origin="https://evil.example")

    assert answer.status_code == 403
