"""An app's backend undoes, runs again, records and closes, as its administrators may."""

import pytest
from msgspec.structs import replace

from standfast.contract.testing import Script
from standfast.domain.action_run import RunState
from standfast.domain.attempt_chain import EntryKind
from standfast.store.runs import get_run, save_run


@pytest.fixture
def click(shop):
    """Accept the only prompt; the id of its run."""

    def accept() -> str:
        (prompt,) = shop.decide().json()["prompts"]
        (result,) = shop.interact(prompt["token"]).json()["results"]
        return result["runs"][0]["id"]

    return accept


def put(house, run: str, **changes: object) -> None:
    """Let it be in this state, whatever the ledger would say."""
    with house.database.writing() as transaction:
        changed = replace(get_run(transaction, run), **changes)
        save_run(transaction, changed, EntryKind.CHANGED, {}, at=house.clock.now())


def test_a_refused_run_is_run_again_with_a_reason(shop, worker, click) -> None:
    shop.offer_cancelling()
    shop.world.next(Script.DECLINE)
    run = click()

    answer = shop.call("POST", f"{shop.app}/runs/{run}/again", {"reason": "They asked."})

    assert answer.status_code == 201
    told = answer.json()
    assert (told["origin"], told["parent"], told["started_by"]) == ("again", run, "api")
    assert told["attempts"][1]["body"]["note"] == "They asked."


def test_what_has_no_way_back_is_told(shop, worker, click) -> None:
    shop.offer_cancelling()
    run = click()

    answer = shop.call("POST", f"{shop.app}/runs/{run}/undo", {"reason": "They asked."})

    assert answer.status_code == 409
    assert "no way back" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("body", "state"),
    [
        ({"happened": False, "note": "Not there."}, "failed"),
        (
            {"happened": True, "note": "Seen.", "reference": "s1", "charged_in_cents": 0},
            "succeeded",
        ),
    ],
)
def test_a_finding_is_recorded(shop, house, worker, click, body, state) -> None:
    shop.offer_cancelling()
    run = click()
    put(house, run, state=RunState.NEEDS_OPERATOR)

    found = shop.call("POST", f"{shop.app}/runs/{run}/finding", body)
    twice = shop.call("POST", f"{shop.app}/runs/{run}/finding", body)

    assert (found.status_code, found.json()["state"]) == (200, state)
    assert found.json()["charged_in_cents"] == body.get("charged_in_cents")
    assert twice.status_code == 409


def test_a_doubt_is_looked_up_once_more(shop, house, worker, click) -> None:
    shop.offer_cancelling()
    run = click()
    put(house, run, state=RunState.NEEDS_OPERATOR)

    answer = shop.call("POST", f"{shop.app}/runs/{run}/look-up")

    assert (answer.status_code, answer.json()["attempts"][-1]["kind"]) == (200, "recorded")


def test_an_incident_is_closed(shop, house, worker, click) -> None:
    shop.offer_cancelling()
    run = click()
    put(house, run, incident="Charged $31.00, shown $29.00.")
    told = shop.call("GET", f"{shop.app}/runs/{run}").json()["incident"]

    answer = shop.call("POST", f"{shop.app}/runs/{run}/incident", {"note": "Paid back."})

    assert told == "Charged $31.00, shown $29.00."
    assert (answer.status_code, answer.json()["incident"]) == (200, "")


@pytest.mark.parametrize(
    ("deed", "body", "field"),
    [
        ("undo", {"reason": " "}, "reason"),
        ("again", {}, "reason"),
        ("again", {"reason": "x" * 1_001}, "reason"),
        ("finding", {"happened": True, "note": "Seen."}, "reference"),
        ("finding", {"happened": True, "note": "", "reference": "s1"}, "note"),
    ],
)
def test_half_a_request_names_its_field(shop, deed, body, field) -> None:
    answer = shop.call("POST", f"{shop.app}/runs/none/{deed}", body)

    assert (answer.status_code, answer.json()["field"]) == (422, field)


@pytest.mark.parametrize("deed", ["undo", "again", "finding", "look-up", "incident"])
def test_a_run_of_another_app_is_not_found(shop, house, worker, click, deed) -> None:
    shop.offer_cancelling()
    run = click()
    other = house.manage_app.create("Other", domains=()).id
    key = house.manage_app.create_api_key(other, label="x").reveal()
    body = {"finding": {"happened": False, "note": "x"}, "incident": {"note": "x"}, "look-up": None}

    answer = shop.call(
        "POST",
        f"{other}/runs/{run}/{deed}",
        body.get(deed, {"reason": "x"}),
        authorization=f"Bearer {key}",
    )

    assert answer.status_code == 404
