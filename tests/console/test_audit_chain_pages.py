"""The sealed chain and a visitor's data, as an administrator meets them in the console."""

import json
from html import unescape
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page

from browser import NARROW, axe, overflow
from console.rig import Person, Visitor, actor, signed_in, somebody
from standfast.bootstrap import House
from standfast.domain.roles import Role

USER = "ada 7731/x"
QUERY = urlencode({"user_id": USER})


@pytest.fixture
def browser(house: House, app: str, ada: Person, browser_of_ada: Visitor) -> Visitor:
    """With a visitor whom the administrator has changed, sealed."""
    house.save_visitor.save(app, USER, {"mail": "ada@example.org"})
    house.save_visitor.by(actor(house, ada)).save(app, USER, {"plan": "gold"}, is_test=True)
    house.seal_audit.seal_due()
    return browser_of_ada


def _shown(answer) -> str:
    assert answer.status_code == 200, answer.text
    return unescape(answer.text)


def test_the_chain_is_verified_on_a_page(app, browser) -> None:
    for place in (f"/apps/{app}/audit", "/company/audit"):
        log = _shown(browser.get(place))
        page = _shown(browser.get(f"{place}/verify"))

        assert f"{place}/verify" in log
        assert "Everything holds" in page
        assert "Public key" in page


def test_the_page_names_the_row_that_was_changed(house, app, browser) -> None:
    with house.database.writing() as transaction:
        transaction.connection.exec_driver_sql("UPDATE audit_entries SET actor_name = 'Eve'")

    page = _shown(browser.get(f"/apps/{app}/audit/verify"))

    assert "A sealed row was changed" in page
    assert "audit_entries aud_" in page


def test_a_long_chain_is_left_to_the_command_line(app, browser, monkeypatch) -> None:
    monkeypatch.setattr("standfast.web.console.audit_chain.LONGEST_SECONDS", -1.0)
    monkeypatch.setattr("standfast.services.verify_audit.BATCH", 1)

    page = _shown(browser.get(f"/apps/{app}/audit/verify"))

    assert "standfast audit verify" in page
    assert "Everything holds" not in page


def test_the_chain_is_downloaded(house, app, browser) -> None:
    answer = browser.get(f"/apps/{app}/audit/export")

    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert lines[0]["app"] == app
    assert "seal" in lines[-1]
    assert f"audit-{app}.jsonl" in answer.headers["content-disposition"]


def test_a_visitors_data_is_downloaded_from_their_page(app, browser) -> None:
    page = _shown(browser.get(f"/apps/{app}/visitors/profile?{QUERY}"))

    answer = browser.get(f"/apps/{app}/visitors/profile/export?{QUERY}")

    assert f"/apps/{app}/visitors/profile/export?{QUERY}" in page
    told = json.loads(answer.text)["visitor"]["traits"]
    assert told == {"mail": "ada@example.org", "plan": "gold"}


def test_a_proof_of_nobodys_change_is_not_found(app, browser) -> None:
    answer = browser.get(f"/apps/{app}/visitors/profile/proof?{QUERY}")

    assert answer.status_code == 404


def test_a_visitor_is_erased_only_when_their_id_is_typed_again(house, app, browser) -> None:
    form = f"/apps/{app}/visitors/profile/erase"
    given = {"user_id": USER, "reason": "Asked for by letter"}

    asked = _shown(browser.get(f"{form}?{QUERY}"))
    wrong = browser.post(form, **given, confirmed="ada")
    right = browser.post(form, **given, confirmed=USER)

    assert "For ever" in asked
    assert (wrong.status_code, "exactly as above" in wrong.text) == (422, True)
    assert (right.status_code, right.headers["location"]) == (303, f"/apps/{app}/visitors")
    assert browser.get(f"/apps/{app}/visitors/profile?{QUERY}").status_code == 404
    log = _shown(browser.get(f"/apps/{app}/audit"))
    assert "Erased a visitor" in log
    assert ">erased<" in log
    assert USER not in log
    house.seal_audit.seal_due()
    assert "Everything holds" in _shown(browser.get(f"/apps/{app}/audit/verify"))


def test_a_member_sees_the_proof_and_no_way_to_erase(house, url, app, browser) -> None:
    member = signed_in(house, url, somebody(house, app, Role.APP_MEMBER))

    page = _shown(member.get(f"/apps/{app}/visitors/profile?{QUERY}"))

    assert "Proof of changes" in page
    assert "Erase" not in page
    assert member.get(f"/apps/{app}/visitors/profile/erase?{QUERY}").status_code == 403


@pytest.fixture
def page_options() -> dict[str, Any]:
    return {**NARROW, "bypass_csp": True}


@pytest.mark.parametrize("what", ["audit/verify", f"visitors/profile/erase?{QUERY}"])
def test_the_pages_fit_a_narrow_window_and_axe_finds_nothing(
    page: Page, app: str, url: str, browser: Visitor, what: str
) -> None:
    page.context.add_cookies(
        [{"name": "standfast-session", "value": browser.token or "", "url": url}]
    )

    page.goto(f"{url}/apps/{app}/{what}")

    assert (axe(page), overflow(page)) == ([], 0)
