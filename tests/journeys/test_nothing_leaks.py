"""No secret and no personal data in logs, in stored attempts or in the database's files."""

import io
import logging
from collections.abc import Iterator
from dataclasses import replace

import pytest
import structlog

from journeys.billing_site import KEY, Customer
from journeys.rig import QUICK, Rig, cancel, coupon, until
from journeys.shop import state_of
from standfast import logs
from standfast.config import Durations

CARD = "4242424242424241"
PERSONAL = ("ada@example.com", "Lovelace", CARD)


@pytest.fixture
def durations() -> Durations:
    return replace(QUICK, accept_wait=2.0)


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """Everything that is logged, down to the last detail, as an installation writes it."""
    before, root = structlog.get_config(), logging.getLogger()
    handlers, level = root.handlers, root.level
    stream = io.StringIO()
    structlog.reset_defaults()
    logs.configure(stream, level=logging.DEBUG)
    yield stream
    root.handlers, root.level = handlers, level
    structlog.configure(**before)


def _eventful_life(rig: Rig, **traits: str) -> tuple[Customer, list[str]]:
    """Every kind of success and trouble that writes something down; the secrets that were used.

    `traits` are told by the shop itself, which may store what it likes of its visitors.
    """
    ada = rig.customer(plan=None, card=CARD)
    rig.site.subscribe(ada, "basic")
    basic = rig.site.plans["basic"]
    rig.offer(coupon("TEN", plan=basic), name="Coupon")
    rig.offer(rig.create("pro"), name="Plan")
    rig.offer(cancel("end_of_period", plan=basic), name="Leave")
    identity = rig.shop.identity(ada, traits=traits)
    used, quotes = [identity], list[str]()
    rig.site.chargify.fault("POST", "/subscriptions/*/add_coupon.json", "cut_after")
    rig.site.chargify.fault(
        "POST", "/subscriptions.json", "status", status=500, body=f"<p>{CARD}</p>"
    )
    text = '{"errors": ["Sorry, ada@example.com: 4242 4242 4242 4241 was declined"]}'
    refusing = {"status": 422, "body": text, "content_type": "application/json"}
    rig.site.chargify.fault("POST", "/subscriptions/*/delayed_cancel.json", "status", **refusing)
    for prompt in rig.shop.decide(identity)["prompts"]:
        asked = {"app": rig.shop.app, "identity": identity, "token": prompt["token"]}
        quotes.append(rig.shop.asked("/v1/previews", asked, step="offer").json()["quote"])
        result = rig.shop.click(identity, prompt)
        assert state_of(result) in {"succeeded", "refused"}
        used += [prompt["token"], result["result_token"]]
    rig.shop.clicked(identity[:-4], used[1])
    rig.shop.clicked(identity, used[1][:-4])
    rig.site.chargify.settings(api_key="another-key")
    rig.house.sync_connections.request(rig.connection_id())
    until(lambda: rig.site.calls()[-1]["status"] == 401, "the sync was refused")
    secrets = [KEY, rig.shop.secret, rig.shop.api_key, *used, *quotes]
    return ada, secrets


def test_logs_tell_no_secret_and_no_personal_data(rig: Rig, logged: io.StringIO) -> None:
    ada, secrets = _eventful_life(rig, email="ada@example.com")
    until(lambda: "sync.failed" in logged.getvalue(), "what was refused is written down and logged")

    told = logged.getvalue()

    assert "action_run.succeeded" in told
    assert "action_run.refused" in told
    assert "sync.failed" in told
    assert [one for one in (*secrets, *PERSONAL) if one in told] == []
    assert f'"{ada.user}"' not in told


def test_the_database_holds_no_secret_in_clear_and_no_personal_data(rig: Rig) -> None:
    _, secrets = _eventful_life(rig)

    kept = rig.everything_stored()

    assert b"add_coupon" in kept
    hidden = [one for one in (*secrets, *PERSONAL) if one.encode() in kept]
    assert hidden == []


def test_runs_told_over_the_server_api_hold_no_personal_data(rig: Rig) -> None:
    ada = rig.customer(plan=None, card=CARD)
    rig.offer(rig.create("pro"))
    result = rig.accept(ada)

    told = str(rig.shop.run(result))

    assert "subscriptions.json" in told
    assert [one for one in (KEY, *PERSONAL) if one in told] == []


def test_answers_to_the_page_hold_no_billing_ids_and_no_parameters(rig: Rig) -> None:
    ada = rig.customer()
    rig.offer(coupon("TEN"))
    decided = rig.shop.decide(rig.shop.identity(ada))
    result = rig.shop.click(rig.shop.identity(ada), decided["prompts"][0])

    told = str(decided) + str(result)

    private = (f"'{ada.id}'", f"'{ada.subscription}'", "TEN", "add_coupon", "chargify", *PERSONAL)
    assert [one for one in private if one in told] == []
