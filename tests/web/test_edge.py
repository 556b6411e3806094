import json

import pytest

from clocks import FrozenClock
from standfast.contract.testing import Script
from standfast.store.signals import RUN_DUE


def _problem(answer, status: int) -> dict:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert told["status"] == status
    return told


def test_a_click_cancels_the_subscription_and_the_answer_says_so(shop, worker) -> None:
    shop.offer_cancelling()
    (prompt,) = shop.decide().json()["prompts"]

    answer = shop.interact(prompt["token"])

    (result,) = answer.json()["results"]
    assert [run["state"] for run in result["runs"]] == ["succeeded"]
    assert [one.action for one in shop.world.changes] == ["cancel_subscription"]


def test_a_second_click_gets_the_first_ones_result(shop, worker) -> None:
    shop.offer_cancelling()
    (prompt,) = shop.decide().json()["prompts"]

    first = shop.interact(prompt["token"]).json()["results"][0]
    again = shop.interact(prompt["token"]).json()["results"][0]
    late = shop.interact(prompt["token"], "decline").json()["results"][0]

    assert {one["interaction"] for one in (first, again, late)} == {first["interaction"]}
    assert len(shop.world.changes) == 1


def test_a_result_is_followed_with_its_token_until_it_is_settled(shop, house) -> None:
    shop.offer_cancelling()
    (prompt,) = shop.decide().json()["prompts"]
    body = {"app": shop.app, "identity": shop.token()}
    deed = {"token": prompt["token"], "kind": "accept", "step": "offer"}
    recorded = house.record_interaction.record(
        house.identify.identify(shop.app, token=body["identity"]), _deed(deed)
    )
    worker = house.worker()

    waiting = {"result_token": recorded.result_token, "wait_ms": 0}
    before = shop.post("/v1/results", waiting).json()
    worker.start()
    with house.database.writing() as transaction:
        transaction.signal(RUN_DUE)
    after = shop.post("/v1/results", {**waiting, "wait_ms": 5000}).json()
    worker.stop()

    assert [run["state"] for run in before["runs"]] == ["accepted"]
    assert [run["state"] for run in after["runs"]] == ["succeeded"]


def _deed(raw: dict):
    from standfast.services.record_interaction import Deed

    return Deed(token=raw["token"], kind=raw["kind"], step=raw["step"], values={})


def test_a_refused_change_is_told_without_the_operators_reason(shop, worker) -> None:
    shop.offer_cancelling()
    shop.world.next(Script.REFUSE)
    (prompt,) = shop.decide().json()["prompts"]

    answer = shop.interact(prompt["token"])

    assert [run["state"] for run in answer.json()["results"][0]["runs"]] == ["refused"]
    assert "moon" not in answer.text


def test_an_anonymous_browser_may_ask(shop) -> None:
    body = {"app": shop.app, "anonymous_id": "browser-1"}

    assert shop.post("/v1/decide", body).json() == {"prompts": [], "holdouts": [], "pending": []}


IDENTITY_TOKENS = {
    "forged": lambda shop: shop.token(secret="a secret of somebody else, long enough"),
    "expired": lambda shop: shop.token(iat=0, exp=600),
    "for another app": lambda shop: shop.token(aud="app_other"),
    "no token at all": lambda _shop: "not-a-token",
}


@pytest.mark.parametrize("make", IDENTITY_TOKENS.values(), ids=IDENTITY_TOKENS.keys())
@pytest.mark.parametrize("path", ["/v1/decide", "/v1/interactions"])
def test_an_identity_token_that_does_not_hold_is_401_on_its_field(shop, make, path) -> None:
    deeds = [{"token": "x", "kind": "accept", "step": "offer"}]
    body = {"app": shop.app, "identity": make(shop), "interactions": deeds}

    told = _problem(shop.post(path, body), 401)

    assert told["field"] == "identity"
    assert "secret" not in told["detail"]


def test_a_decision_token_of_another_visitor_is_refused(shop) -> None:
    shop.offer_cancelling()
    (prompt,) = shop.decide().json()["prompts"]

    told = _problem(shop.interact(prompt["token"], identity=shop.token("eve")), 403)

    assert told["field"] == "interactions[0].token"


def test_a_forged_decision_token_is_refused(shop) -> None:
    shop.offer_cancelling()
    (prompt,) = shop.decide().json()["prompts"]
    kid, payload, mac = prompt["token"].split(".")

    for forged in (f"{kid}.{payload}.{mac[::-1]}", f"{kid}.{payload[::-1]}.{mac}", "a.b.c", "é"):
        _problem(shop.interact(forged), 403)
    assert shop.world.changes == []


def test_a_decision_token_expires_after_a_day(shop, clock: FrozenClock) -> None:
    shop.offer_cancelling()
    (prompt,) = shop.decide().json()["prompts"]
    clock.advance(86_400)

    _problem(shop.interact(prompt["token"]), 403)


def test_a_replayed_decision_token_does_nothing_twice(shop, worker) -> None:
    shop.offer_cancelling()
    (prompt,) = shop.decide().json()["prompts"]
    for _ in range(3):
        shop.interact(prompt["token"])

    assert len(shop.world.changes) == 1


@pytest.mark.parametrize("token", ["a.b.c", "", "x"])
def test_a_forged_result_token_is_refused(shop, token: str) -> None:
    _problem(shop.post("/v1/results", {"result_token": token}), 403)


def test_a_decision_token_is_no_result_token(shop) -> None:
    shop.offer_cancelling()
    (prompt,) = shop.decide().json()["prompts"]

    _problem(shop.post("/v1/results", {"result_token": prompt["token"]}), 403)


def test_an_origin_that_is_not_the_apps_is_refused_and_gets_no_cors(shop) -> None:
    body = {"app": shop.app, "anonymous_id": "b"}

    answer = shop.post("/v1/decide", body, origin="https://evil.example")

    assert _problem(answer, 403)["field"] == "origin"
    assert "access-control-allow-origin" not in answer.headers


def test_the_apps_own_origin_may_read_the_answer(shop) -> None:
    answer = shop.decide()

    assert answer.headers["access-control-allow-origin"] == "https://acme.io"
    assert "set-cookie" not in answer.headers


def test_another_apps_origin_does_not_open_this_one(shop, house) -> None:
    house.manage_app.create("Other", domains=("https://other.io",))

    answer = shop.post(
        "/v1/decide", {"app": shop.app, "anonymous_id": "b"}, origin="https://other.io"
    )

    _problem(answer, 403)


def test_a_preflight_is_answered_for_known_origins_only(shop) -> None:
    known = shop.client.options("/v1/decide", headers={"origin": "https://acme.io"})
    unknown = shop.client.options("/v1/decide", headers={"origin": "https://evil.example"})

    assert known.status_code == 204
    assert known.headers["access-control-allow-methods"] == "POST"
    assert "access-control-allow-origin" not in unknown.headers


def test_servers_come_without_an_origin(shop) -> None:
    body = json.dumps({"app": shop.app, "anonymous_id": "b"})

    answer = shop.client.post("/v1/decide", content=body, headers={"content-type": "text/plain"})

    assert answer.status_code == 200


BODIES = {
    "no JSON": (b"{", 400, None),
    "no UTF-8": (b'{"app": "\xff"}', 400, None),
    "nothing": (b"", 400, None),
    "no object": (b"[]", 422, None),
    "what PostgreSQL cannot keep": (b'{"app": "a\\u0000"}', 422, None),
    "no app": (b"{}", 422, "app"),
    "a number as app": (b'{"app": 7}', 422, "app"),
    "a list as traits": (b'{"app": "a", "traits": []}', 422, "traits"),
    "an object in traits": (b'{"app": "a", "traits": {"x": {}}}', 422, "traits[...]"),
    "an event without a name": (b'{"app": "a", "event": {}}', 422, "event.name"),
    "an unknown app": (b'{"app": "app_none", "anonymous_id": "b"}', 404, "app"),
}


@pytest.mark.parametrize(("body", "status", "field"), BODIES.values(), ids=BODIES.keys())
def test_a_body_that_does_not_fit_is_told_where(shop, body, status, field) -> None:
    assert _problem(shop.post("/v1/decide", body), status).get("field") == field


def test_a_batch_names_the_interaction_that_does_not_fit(shop) -> None:
    deeds = [{"token": "a", "kind": "accept"}, {"kind": "accept"}]
    body = {"app": shop.app, "identity": shop.token(), "interactions": deeds}

    told = _problem(shop.post("/v1/interactions", body), 422)

    assert told["field"] == "interactions[1].token"


def test_one_bad_interaction_does_not_spoil_its_neighbours(shop) -> None:
    shop.offer_cancelling()
    (prompt,) = shop.decide().json()["prompts"]
    deeds = [
        {"token": prompt["token"], "kind": "impression", "step": "offer"},
        {"token": "forged", "kind": "impression", "step": "offer"},
    ]

    answer = shop.interact("", interactions=deeds).json()

    good, bad = answer["results"]
    assert good["show"] is True
    assert bad["problem"]["field"] == "interactions[1].token"


@pytest.mark.parametrize("count", [0, 21])
def test_a_batch_has_one_to_twenty_interactions(shop, count: int) -> None:
    deeds = [{"token": "a", "kind": "accept"}] * count

    assert _problem(shop.interact("", interactions=deeds), 422)["field"] == "interactions"


def test_a_body_over_64_kb_is_refused(shop) -> None:
    body = {"app": shop.app, "anonymous_id": "b", "traits": {"x": "y" * 70_000}}

    _problem(shop.post("/v1/decide", body), 413)


def test_a_body_without_a_length_is_bounded_too(shop) -> None:
    def parts():
        for _ in range(20):
            yield b" " * 8_192

    answer = shop.client.post("/v1/decide", content=parts(), headers={"content-type": "text/plain"})

    _problem(answer, 413)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
@pytest.mark.parametrize("path", ["/v1/decide", "/v1/interactions", "/v1/results"])
def test_a_change_of_state_is_a_post_only(shop, method: str, path: str) -> None:
    answer = shop.client.request(method, path)

    _problem(answer, 405)
    assert "POST" in answer.headers["allow"]


def test_another_media_type_is_refused(shop) -> None:
    answer = shop.client.post("/v1/decide", data={"app": shop.app})

    _problem(answer, 415)


def test_health_is_told(shop) -> None:
    assert shop.client.get("/livez").json() == {"status": "ok"}
    ready = shop.client.get("/readyz")
    assert ready.status_code == 200
    assert set(ready.json()["checks"]) == {"database", "migrations", "snapshot"}


def test_a_house_without_its_tables_is_not_ready(shop, house) -> None:
    from sqlalchemy import text

    with house.database.writing() as transaction:
        transaction.connection.execute(text("DROP TABLE schema_version_core"))

    answer = shop.client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["checks"]["migrations"] == "failed"


class TestRateLimits:
    @pytest.fixture
    def limits(self) -> str:
        return "visitor=0.1 app=1000 address=1000"  # a bucket of one

    def test_a_visitor_who_asks_too_often_is_told_when_to_come_back(self, shop) -> None:
        assert shop.decide().status_code == 200

        answer = shop.decide()

        _problem(answer, 429)
        assert 1 <= int(answer.headers["retry-after"]) <= 10
        assert shop.decide(shop.token("bob")).status_code == 200


class TestAddressLimits:
    @pytest.fixture
    def limits(self) -> str:
        return "address=0.1"

    def test_an_address_is_limited_whoever_it_claims_to_be(self, shop) -> None:
        shop.post("/v1/decide", {"app": "app_none"}, **{"x-forwarded-for": "10.0.0.1"})

        answer = shop.post("/v1/decide", {"app": "app_none"}, **{"x-forwarded-for": "10.0.0.2"})

        _problem(answer, 429)


class TestAppLimits:
    @pytest.fixture
    def limits(self) -> str:
        return "app=0.1"

    def test_an_app_is_limited_over_all_its_visitors(self, shop) -> None:
        shop.decide()

        _problem(shop.decide(shop.token("bob")), 429)
