"""Settings › Connectors: connected by a form that tries everything before it saves."""

import re
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from console.billing_rig import BilledApp, BilledHouse, a_billed_house
from console.rig import Visitor
from journeys.billing_site import KEY
from journeys.rig import coupon
from standfast.config import Durations
from standfast.contract.actions import RetryCause
from standfast.services.connection_health import note_trouble


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BilledHouse]:
    with a_billed_house(tmp_path_factory.mktemp("connectors") / "data") as stage:
        yield stage


@pytest.fixture
def billed(stage: BilledHouse) -> BilledApp:
    return stage.open()


@pytest.fixture
def ada(stage: BilledHouse) -> Visitor:
    return stage.visitor()


def path(billed: BilledApp, rest: str = "") -> str:
    return f"/apps/{billed.app}/settings/connectors/chargify{rest}"


def fields(billed: BilledApp, **changes: str) -> dict[str, str]:
    return {"setting_api_key": KEY, "setting_domain": billed.site.host, **changes}


def error_of(page: str, name: str) -> str:
    found = re.search(rf'id="f-{name}-error">.*?</svg>([^<]*)<', page, re.DOTALL)
    return found[1] if found else ""


def test_what_is_installed_is_listed_and_says_how_to_begin(ada: Visitor, billed: BilledApp) -> None:
    page = ada.get(f"/apps/{billed.app}/settings/connectors").text

    assert "Connect Chargify" in page
    assert "Not connected" in page


def test_good_settings_connect_and_the_page_shows_the_site(ada: Visitor, billed: BilledApp) -> None:
    answer = ada.post(path(billed), **fields(billed))
    billed.sync()

    page = ada.get(path(billed)).text
    assert answer.status_code == 303
    assert "Acme (simulated)" in page
    assert "USD" in page
    assert "Test mode" in page
    assert "Working" in page
    assert re.search(r"<dt>plans</dt><dd>4</dd>", page)


def test_the_key_is_never_shown_again(ada: Visitor, billed: BilledApp) -> None:
    ada.post(path(billed), **fields(billed))

    saved = ada.get(path(billed)).text
    refused = ada.post(path(billed), **fields(billed, setting_domain="no site at all")).text

    assert KEY not in saved + refused
    assert "Enter a new one to replace it." in saved


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("setting_api_key", "wrong-key", "does not accept this key"),
        ("setting_api_key", "", "Enter the API key."),
        ("setting_domain", "https://acme.example.com", "not a Chargify site"),
        ("setting_billing_id_holds", "shoe size", "Choose one of"),
        ("in_flight", "9", "between 1 and 4"),
        ("in_flight", "many", "between 1 and 4"),
    ],
)
def test_what_will_not_do_is_told_at_its_field_and_nothing_is_saved(
    ada: Visitor, billed: BilledApp, name: str, value: str, told: str
) -> None:
    answer = ada.post(path(billed), **fields(billed, **{name: value}))

    assert answer.status_code == 422
    assert told in error_of(answer.text, name)
    assert f'value="{billed.site.host}"' in answer.text or name == "setting_domain"
    assert billed.connection() is None
    is_folded_away = name not in {"setting_api_key", "setting_domain"}
    assert ('<details class="disclosure" open>' in answer.text) == is_folded_away


def test_an_unknown_host_is_told_at_the_domain(
    ada: Visitor, billed: BilledApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = socket.getaddrinfo

    def nobody_knows_it(host: str, *more: Any, **named: Any) -> Any:
        if host == "127.0.0.1":
            return asked(host, *more, **named)
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr("socket.getaddrinfo", nobody_knows_it)
    answer = ada.post(path(billed), **fields(billed, setting_domain="nosuchsite"))

    assert "Check the spelling." in error_of(answer.text, "setting_domain")
    assert answer.status_code == 422


def test_a_site_that_cannot_be_asked_is_no_fault_of_the_settings(
    ada: Visitor, billed: BilledApp
) -> None:
    fault = billed.site.chargify.fault("GET", "/site.json", "status", status=503)
    answer = ada.post(path(billed), **fields(billed))
    billed.site.chargify.release(fault)

    assert answer.status_code == 503
    assert "nothing is known to be wrong with your settings" in answer.text
    assert f'value="{billed.site.host}"' in answer.text
    assert billed.connection() is None


def test_saving_again_without_a_key_keeps_the_key_and_the_switch(
    ada: Visitor, billed: BilledApp
) -> None:
    billed.connect()
    ada.post(path(billed, "/switch"), active="")

    answer = ada.post(path(billed), **fields(billed, setting_api_key="", in_flight="2"))

    row = billed.connection()
    assert answer.status_code == 303
    assert row is not None
    assert (row.in_flight, row.is_active) == (2, False)


def test_switching_off_says_what_it_does_and_on_again_works(
    ada: Visitor, billed: BilledApp
) -> None:
    billed.connect()
    before = ada.get(path(billed)).text
    ada.post(path(billed, "/switch"), active="")
    off = ada.get(path(billed)).text
    ada.post(path(billed, "/switch"), active="on")
    row = billed.connection()

    assert "are no longer shown" in before
    assert "Switched off" in off
    assert row is not None
    assert row.is_active


def test_sync_now_asks_for_a_pass_and_the_page_follows_it(ada: Visitor, billed: BilledApp) -> None:
    billed.connect()
    billed.sync()
    at_rest = ada.get(path(billed)).text

    ada.post(path(billed, "/sync"))
    due = ada.get(path(billed)).text
    billed.sync()
    done = ada.get(path(billed)).text

    assert [text.count('hx-trigger="every 2s"') for text in (at_rest, due, done)] == [0, 1, 0]
    assert "About to begin" in due
    assert done.count("Up to date") == 2


def test_a_sync_that_failed_says_why_and_when_it_goes_on(ada: Visitor, billed: BilledApp) -> None:
    billed.connect()
    fault = billed.site.chargify.fault("GET", "/products.json", "status", status=503)
    billed.sync()
    page = ada.get(path(billed)).text
    billed.site.chargify.release(fault)

    assert "The last sync of the catalogue failed" in page
    assert "It is tried again by itself." in page


def test_a_broken_connection_says_what_to_do(ada: Visitor, billed: BilledApp) -> None:
    row = billed.connect()
    with billed.house.database.writing() as transaction:
        note_trouble(
            transaction, row.id, RetryCause.ACCOUNT_BLOCKED, now=billed.clock.now(),
            durations=Durations(),
        )  # fmt: skip

    page = ada.get(path(billed)).text

    assert "Needs attention" in page
    assert "Settle it with the billing system" in page


def test_a_prompt_with_a_retired_coupon_is_an_open_problem(ada: Visitor, billed: BilledApp) -> None:
    billed.connect()
    billed.site.add_coupon("SOON", percentage="5")
    billed.sync()
    prompt = billed.publish("Last chance", coupon("soon"))
    billed.site.retire_coupon("SOON")
    ada.post(path(billed, "/sync"))
    billed.sync()

    page = ada.get(path(billed)).text

    assert "SOON is retired, but used by “Last chance”" in page
    assert f"/apps/{billed.app}/prompts/{prompt}" in page


def test_a_connector_that_is_not_installed_is_not_there(ada: Visitor, billed: BilledApp) -> None:
    unknown = f"/apps/{billed.app}/settings/connectors/stripe"

    assert ada.get(unknown).status_code == 404
    assert ada.post(unknown).status_code == 404
    assert ada.post(path(billed, "/sync")).status_code == 404
