import json
from pathlib import Path

import pytest

import standfast.web

SNAPSHOT = Path(standfast.web.__file__).parent / "openapi.json"


def test_a_backend_saves_and_reads_a_visitor(shop) -> None:
    saved = shop.call("PUT", f"{shop.app}/visitors/ada", {"traits": {"plan": "pro", "gone": 1}})
    shop.call("PUT", f"{shop.app}/visitors/ada", {"traits": {"gone": None, "scripted_id": 7}})

    found = shop.call("GET", f"{shop.app}/visitors/ada").json()

    assert saved.status_code == 200
    assert found["traits"] == {"plan": "pro", "scripted_id": "7"}
    assert found["sources"] == {"scripted_id": "server"}


def test_a_run_is_shown_with_its_attempts(shop, worker) -> None:
    shop.offer_cancelling()
    (prompt,) = shop.decide().json()["prompts"]
    run = shop.interact(prompt["token"]).json()["results"][0]["runs"][0]

    found = shop.call("GET", f"{shop.app}/runs/{run['id']}").json()

    assert found["state"] == "succeeded"
    assert [one["kind"] for one in found["attempts"]] == ["created", "intent", "outcome"]


def test_every_gate_of_every_prompt_is_explained(shop) -> None:
    prompt = shop.offer_cancelling()

    answer = shop.call("POST", f"{shop.app}/explain", {"user_id": "nobody", "page": "/"})

    (told,) = answer.json()["prompts"]
    assert (told["prompt"], told["is_shown"], len(told["gates"])) == (prompt, False, 12)


@pytest.mark.parametrize(
    "headers",
    [{"authorization": ""}, {"authorization": "Bearer sk_wrong"}, {"authorization": "Basic eDp5"}],
    ids=["no key", "a wrong key", "another scheme"],
)
def test_without_a_valid_key_nothing_is_told(shop, headers: dict) -> None:
    answer = shop.call("GET", f"{shop.app}/visitors/ada", **headers)

    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_key_of_another_app_learns_nothing(shop, house) -> None:
    other = house.manage_app.create("Other", domains=())
    house.save_visitor.save(other.id, "ada", {})

    theirs = shop.call("GET", f"{other.id}/visitors/ada")
    nobodys = shop.call("GET", "app_none/visitors/ada")

    assert (theirs.status_code, nobodys.status_code) == (404, 404)
    assert theirs.json() == nobodys.json()


def test_a_run_of_another_app_is_not_found(shop, house, worker) -> None:
    shop.offer_cancelling()
    (prompt,) = shop.decide().json()["prompts"]
    run = shop.interact(prompt["token"]).json()["results"][0]["runs"][0]["id"]
    other = house.manage_app.create("Other", domains=()).id
    key = house.manage_app.create_api_key(other, label="x").reveal()

    answer = shop.call("GET", f"{other}/runs/{run}", authorization=f"Bearer {key}")

    assert answer.status_code == 404


BODIES = {
    "a number as traits": ({"traits": 5}, 422, "traits"),
    "an unknown field": ({"trait": {}}, 422, "trait"),
    "a bad billing id": ({"traits": {"scripted_id": 1.5}}, 422, "traits.scripted_id"),
    "a bad trait name": ({"traits": {"a b": 1}}, 422, "traits.a b"),
}


@pytest.mark.parametrize(("body", "status", "field"), BODIES.values(), ids=BODIES.keys())
def test_a_visitor_that_does_not_fit_names_its_field(shop, body, status, field) -> None:
    answer = shop.call("PUT", f"{shop.app}/visitors/ada", body)

    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json().get("field") == field


def test_a_body_over_64_kb_is_refused(shop) -> None:
    answer = shop.call("PUT", f"{shop.app}/visitors/ada", {"traits": {"x": "y" * 70_000}})

    assert answer.status_code == 413


def test_what_is_not_there_is_a_problem_too(shop) -> None:
    assert shop.call("GET", f"{shop.app}/visitors/nobody").status_code == 404
    assert shop.call("GET", f"{shop.app}/runs/none").status_code == 404
    lost = shop.client.get("/nothing/here")
    assert lost.status_code == 404
    assert lost.headers["content-type"] == "application/problem+json"


def test_the_wrong_method_is_405(shop) -> None:
    assert shop.call("DELETE", f"{shop.app}/visitors/ada").status_code == 405


class TestRateLimits:
    @pytest.fixture
    def limits(self) -> str:
        return "server=0.1"

    def test_a_backend_that_asks_too_often_is_told_when_to_come_back(self, shop) -> None:
        shop.call("GET", f"{shop.app}/visitors/ada")

        answer = shop.call("GET", f"{shop.app}/visitors/ada")

        assert answer.status_code == 429
        assert int(answer.headers["retry-after"]) >= 1


def test_the_openapi_document_is_the_one_in_the_repository(shop) -> None:
    """Write it anew with: curl -s <server>/api/v1/openapi.json > src/standfast/web/openapi.json."""
    served = shop.client.get("/api/v1/openapi.json").json()

    assert served == json.loads(SNAPSHOT.read_text(encoding="utf-8"))
