"""What administrators change, and that it is noted."""

import html
import re

import pytest

from clocks import FrozenClock
from console.rig import Person, Visitor, actor, signed_in, somebody, the_first
from standfast.bootstrap import House
from standfast.domain.roles import Role
from standfast.services.list_audit import ListAudit
from standfast.services.permissions import SYSTEM
from standfast.store.audit import AuditFilter, AuditRow


def noted(house: House) -> list[AuditRow]:
    """Newest first."""
    return list(ListAudit(house.database).of_company(SYSTEM, AuditFilter()).entries)


def test_settings_are_saved_and_noted_with_what_they_were(
    browser_of_ada: Visitor, house: House, app: str
) -> None:
    answer = browser_of_ada.post(
        f"/apps/{app}/settings",
        name="Acme shop",
        domains="Acme.io\r\n\r\nhttp://localhost:3000",
        time_zone="Europe/Berlin",
    )

    assert answer.status_code == 303
    row = next(one for one in house.manage_app.list() if one.id == app)
    assert row.domains == ("https://acme.io", "http://localhost:3000")
    entry = next(one for one in noted(house) if one.app_id == app)
    assert (entry.deed, entry.actor_name, entry.app_id) == ("app.settings_changed", "Ada King", app)
    assert entry.before == {
        "name": "Acme",
        "domains": ["https://acme.io"],
        "time_zone": "UTC",
    }
    assert entry.after is not None
    assert entry.after["name"] == "Acme shop"


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("name", "", "Enter a name"),
        ("domains", "https://acme.io/path", "is not an origin"),
        ("time_zone", "Mars/Olympus", "Choose a time zone"),
    ],
)
def test_a_setting_that_will_not_do_is_told_beside_its_field_and_kept(
    browser_of_ada: Visitor, house: House, app: str, field: str, value: str, told: str
) -> None:
    fields = {"name": "New", "domains": "new.io", "time_zone": "UTC", field: value}

    answer = browser_of_ada.post(f"/apps/{app}/settings", **fields)

    assert answer.status_code == 422
    assert re.search(rf'id="f-{field}-error">.*{told}', answer.text, re.DOTALL)
    assert all(html.escape(one) in answer.text for one in fields.values())
    assert [one.deed for one in noted(house)] == ["operator.joined"]


def test_what_changes_nothing_is_not_noted(browser_of_ada: Visitor, house: House, app: str) -> None:
    browser_of_ada.post(f"/apps/{app}/settings", name="Acme", domains="acme.io", time_zone="UTC")

    assert [one.deed for one in noted(house)] == ["operator.joined"]


def test_an_api_key_is_shown_once_and_opens_the_api_until_it_is_revoked(
    browser_of_ada: Visitor, house: House, app: str
) -> None:
    path = f"/apps/{app}/settings/keys"
    shown = browser_of_ada.post(f"{path}/api", label="backend").text
    [key] = set(re.findall(r"sk_[\w-]{43}", shown))

    def calls() -> int:
        headers = {"authorization": f"Bearer {key}"}
        return browser_of_ada.client.get(
            f"/api/v1/apps/{app}/visitors/x", headers=headers
        ).status_code

    assert calls() == 404
    assert key not in browser_of_ada.get(path).text
    assert browser_of_ada.post(f"{path}/api", label="backend").status_code == 422
    browser_of_ada.post(f"{path}/api/revoke", revoked="backend")
    assert calls() == 401
    assert {"api_key.revoked", "api_key.created"} < {one.deed for one in noted(house)}
    assert key not in str(noted(house))


def test_identity_keys_rotate_two_at_a_time(
    browser_of_ada: Visitor, house: House, app: str
) -> None:
    path = f"/apps/{app}/settings/keys"
    first = browser_of_ada.post(f"{path}/identity", algorithm="HS256").text
    browser_of_ada.post(f"{path}/identity", algorithm="HS256")

    third = browser_of_ada.post(f"{path}/identity", algorithm="HS256")
    [old] = set(re.findall(r"idk_\w+", first))
    browser_of_ada.post(f"{path}/identity/{old}/retire")

    assert third.status_code == 422
    assert "Retire one first" in third.text
    assert len(house.manage_app.list_identity_keys(app)) == 1
    assert old not in {key.kid for key in house.manage_app.list_identity_keys(app)}


def test_a_public_key_that_is_none_is_told_beside_its_field(
    browser_of_ada: Visitor, app: str
) -> None:
    answer = browser_of_ada.post(
        f"/apps/{app}/settings/keys/identity", algorithm="RS256", public_key="nonsense"
    )

    assert answer.status_code == 422
    assert "not a public key in PEM form" in answer.text


def test_the_keys_page_tells_where_the_tag_was_heard(
    browser_of_ada: Visitor, app: str, clock: FrozenClock
) -> None:
    path = f"/apps/{app}/settings/keys"
    before = browser_of_ada.get(path).text
    for origin in ("https://acme.io", "https://staging.acme.io"):
        body = f'{{"app": "{app}", "anonymous_id": "a1", "page": "/"}}'
        headers = {"origin": origin, "content-type": "text/plain"}
        browser_of_ada.client.post("/v1/decide", content=body, headers=headers)

    page = browser_of_ada.get(path).text

    assert "Not heard yet" in before
    assert "Installed" in page
    assert "<b>https://acme.io</b>" in page
    assert "https://staging.acme.io is not one of this app’s domains" in page


def test_a_role_is_changed_and_noted(
    browser_of_ada: Visitor, house: House, app: str, url: str
) -> None:
    bob = somebody(house, app, Role.READ_ONLY, name="Bob")
    theirs = signed_in(house, url, bob)

    browser_of_ada.post(f"/apps/{app}/team/{bob.id}/role", role="app_admin")

    assert theirs.get(f"/apps/{app}/team").status_code == 200
    entry = next(one for one in noted(house) if one.deed == "team.role_changed")
    assert (entry.deed, entry.subject) == ("team.role_changed", "Bob")
    assert (entry.before, entry.after) == ({"role": "read_only"}, {"role": "app_admin"})


def test_the_company_keeps_an_administrator(
    browser_of_ada: Visitor, house: House, ada: Person
) -> None:
    refused = browser_of_ada.post(f"/company/people/{ada.id}/remove")
    demoted = browser_of_ada.post(f"/company/people/{ada.id}/admin", admin="")

    assert (refused.status_code, demoted.status_code) == (422, 422)
    assert "the only administrator" in refused.text
    the_first(house, "Bob", "bob@acme.io")
    assert browser_of_ada.post(f"/company/people/{ada.id}/admin", admin="").status_code == 303


def test_a_removed_login_can_be_given_again(
    browser_of_ada: Visitor, house: House, ada: Person
) -> None:
    bob = the_first(house, "Bob", "bob@acme.io")

    browser_of_ada.post(f"/company/people/{bob.id}/remove")

    assert the_first(house, "Bob again", "bob@acme.io").id != bob.id


def test_an_app_administrator_sees_only_their_apps_in_the_audit_log(
    browser_of_ada: Visitor, house: House, app: str, url: str
) -> None:
    other = house.manage_app.create("Other", domains=()).id
    browser_of_ada.post(f"/apps/{other}/settings", name="Secret plan", domains="", time_zone="UTC")
    browser_of_ada.post(f"/apps/{app}/settings", name="Open plan", domains="", time_zone="UTC")
    admin = signed_in(house, url, somebody(house, app, Role.APP_ADMIN))

    page = admin.get(f"/apps/{app}/audit").text

    assert "Open plan" in page
    assert "Secret plan" not in page


FILTERS = {
    "nothing": ("", {"Acme II", "Acme III"}),
    "somebody": ("?who=opr_nobody", set()),
    "another kind": ("?what=api_key", set()),
    "the kind": ("?what=app", {"Acme II", "Acme III"}),
    "since the second day": ("?since=2026-03-03", {"Acme III"}),
    "until the first day": ("?until=2026-03-02", {"Acme II"}),
    "a day that is none": ("?since=2026-99-99", {"Acme II", "Acme III"}),
    "a page after the last": ("?page=7", set()),
}


@pytest.mark.parametrize(("query", "expected"), FILTERS.values(), ids=FILTERS.keys())
def test_the_audit_log_is_filtered(
    browser_of_ada: Visitor, app: str, clock: FrozenClock, query: str, expected: set[str]
) -> None:
    for name in ("Acme II", "Acme III"):
        browser_of_ada.post(f"/apps/{app}/settings", name=name, domains="", time_zone="UTC")
        for _ in range(2):  # a session lives twelve hours without use
            clock.advance(6 * 3600)
            browser_of_ada.get("/account")

    page = browser_of_ada.get(f"/apps/{app}/audit{query}").text

    found = set(re.findall(r"<ins>(Acme I+)</ins>", page))
    assert found == expected


def test_a_company_administrator_makes_an_app(
    browser_of_ada: Visitor, house: House, ada: Person
) -> None:
    answer = browser_of_ada.post(
        "/company/apps/new", name="Second", domains="second.io", time_zone="UTC"
    )

    assert answer.headers["location"].endswith("/settings/keys")
    assert "Second" in [one.name for one in house.manage_app.list()]
    assert "app.created" in [one.deed for one in noted(house)]
    assert actor(house, ada).company_role is Role.COMPANY_ADMIN
