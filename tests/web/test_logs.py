import io
import json
import logging

import pytest
import structlog

from standfast import logs
from standfast.store.vault import Secret


@pytest.fixture
def stream():
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    stream = io.StringIO()
    logs.configure(stream)
    yield stream
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


def _lines(stream: io.StringIO) -> list[dict]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_run_through_every_door_leaves_no_secret_and_nobody_in_the_log(
    stream, shop, worker
) -> None:
    shop.offer_cancelling()
    identity = shop.token(traits={"email": "ada@acme.io"})
    (prompt,) = shop.decide(identity).json()["prompts"]
    answer = shop.interact(prompt["token"], identity=identity).json()["results"][0]
    shop.post("/v1/results", {"result_token": answer["result_token"]})
    shop.decide(shop.token(secret="a secret of somebody else, long enough"))
    shop.interact(prompt["token"], identity=shop.token("eve"))
    shop.call("PUT", f"{shop.app}/visitors/ada", {"traits": {"email": "ada@acme.io"}})
    shop.call("GET", f"{shop.app}/visitors/ada", authorization="Bearer sk_stolen")

    told = stream.getvalue()

    assert shop.identity_key.secret is not None
    hidden = {
        "api key": shop.api_key,
        "identity secret": shop.identity_key.secret.reveal(),
        "identity token": identity,
        "decision token": prompt["token"],
        "result token": answer["result_token"],
        "e-mail": "ada@acme.io",
        "user id": '"ada"',
    }
    assert "interaction.recorded" in told
    assert {name for name, value in hidden.items() if value in told} == set()


def test_a_field_is_masked_by_its_name_and_a_person_is_a_short_hash(stream) -> None:
    structlog.get_logger().info(
        "thing.done",
        api_key="sk",
        token="t",
        email="a@b.io",
        user_id="ada",
        count=3,
        key=Secret("x"),
    )

    (line,) = _lines(stream)

    assert (line["api_key"], line["token"], line["email"], line["key"]) == ("***",) * 4
    assert line["user_id"] == logs.short_hash("ada")
    assert line["count"] == 3


@pytest.mark.parametrize(
    "text",
    ["ada@acme.io", "sk_" + "a" * 43, "eyJhbGciOi.eyJzdWIiOi." + "x" * 30, "Bearer abcdefgh12"],
)
def test_a_text_is_scrubbed_wherever_it_stands(stream, text: str) -> None:
    structlog.get_logger().info("thing.done", detail=f"it was {text} indeed")
    structlog.get_logger().error("thing.failed", exc_info=ValueError(f"it was {text} indeed"))
    logging.getLogger("uvicorn.error").error("it was %s indeed", text)

    assert text not in stream.getvalue()
    assert len(_lines(stream)) == 3
