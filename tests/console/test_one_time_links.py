"""Welcomes, invitations and new passwords: each link lets one in, once."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from clocks import FrozenClock
from console.rig import (
    PASSWORD,
    Person,
    Visitor,
    a_house,
    actor,
    signed_in,
    somebody,
    the_first,
)
from standfast.bootstrap import House
from standfast.cli.commands import COMMANDS
from standfast.domain.roles import Role
from standfast.services.errors import ServiceRefused
from standfast.services.one_time_links import LinkOver
from standfast.services.permissions import SYSTEM, Forbidden

NEW = {"name": "Bob", "login": "bob@acme.io", "password": PASSWORD}


def test_the_first_link_makes_the_administrator_and_is_over(guest: Visitor, house: House) -> None:
    token = house.links.welcome_when_empty()

    answer = guest.post(f"/welcome/{token}", **NEW)

    assert answer.status_code == 303
    assert guest.get("/company").status_code == 200
    assert guest.get(f"/welcome/{token}").status_code == 404
    assert house.links.welcome_when_empty() is None


def test_a_second_start_makes_the_first_link_void(house: House) -> None:
    first, second = house.links.welcome_when_empty(), house.links.welcome_when_empty()

    with pytest.raises(LinkOver):
        house.links.read(first or "")
    assert house.links.read(second or "").role is Role.COMPANY_ADMIN


def test_a_link_used_twice_lets_one_in(tmp_path: Path, database_url: str | None) -> None:
    with a_house(tmp_path / "data", FrozenClock(), database_url=database_url) as house:
        app = house.manage_app.create("Acme", domains=()).id
        token = house.links.invite(SYSTEM, app, Role.APP_MEMBER)

        def use(number: int) -> bool:
            try:
                login = f"b{number}@acme.io"
                house.links.sign_up(token, name="B", login=login, password=PASSWORD)
            except LinkOver:
                return False
            return True

        with ThreadPoolExecutor(4) as threads:
            used = list(threads.map(use, range(4)))

    assert used.count(True) == 1


@pytest.mark.parametrize(("hours", "is_good"), [(23, True), (24, False)])
def test_a_welcome_is_good_for_a_day(
    house: House, clock: FrozenClock, hours: int, is_good: bool
) -> None:
    token = house.links.welcome()
    clock.advance(hours * 3600)

    assert _is_good(house, token) == is_good


def test_an_invitation_gives_its_role_and_no_more(
    browser_of_ada: Visitor, url: str, app: str
) -> None:
    made = browser_of_ada.post(
        f"/apps/{app}/team/invitations", note="bob@acme.io", role="read_only"
    )
    path = made.text.partition("http://console.test")[2].partition("<")[0]
    bob = Visitor(url)

    joined = bob.post(path, **NEW)
    bob.token = bob.client.cookies.get("standfast-session")

    assert joined.status_code == 303
    assert bob.get(f"/apps/{app}/runs").status_code == 200
    assert bob.get(f"/apps/{app}/settings").status_code == 403
    assert "bob@acme.io" in browser_of_ada.get(f"/apps/{app}/team").text


def test_who_is_signed_in_joins_with_the_account_they_have(
    house: House, url: str, app: str
) -> None:
    other = house.manage_app.create("Other", domains=()).id
    bob = signed_in(house, url, somebody(house, other, Role.APP_MEMBER, name="Bob"))
    token = house.links.invite(SYSTEM, app, Role.APP_ADMIN)

    shown = bob.get(f"/invitations/{token}")
    joined = bob.post(f"/invitations/{token}/join")

    assert "Join as Bob" in shown.text
    assert joined.headers["location"] == f"/apps/{app}"
    assert bob.get(f"/apps/{app}/settings").status_code == 200
    assert bob.post(f"/invitations/{token}/join").status_code == 404


def test_an_invitation_never_takes_a_role_away(house: House, app: str) -> None:
    admin = somebody(house, app, Role.APP_ADMIN)
    token = house.links.invite(SYSTEM, app, Role.READ_ONLY)

    house.links.join(actor(house, admin), token)

    assert actor(house, admin).app_roles == {app: Role.APP_ADMIN}


def test_a_taken_name_is_told_beside_the_field(guest: Visitor, house: House, ada: Person) -> None:
    token = house.links.welcome()

    answer = guest.post(f"/welcome/{token}", **{**NEW, "login": ada.login})

    assert answer.status_code == 422
    assert "sign in first" in answer.text
    assert _is_good(house, token)


def test_a_withdrawn_invitation_lets_nobody_in(
    browser_of_ada: Visitor, guest: Visitor, app: str, house: House, ada: Person
) -> None:
    token = house.links.invite(actor(house, ada), app, Role.APP_ADMIN, note="Eve")
    page = browser_of_ada.get(f"/apps/{app}/team").text
    path = page.partition(f'action="/apps/{app}/team/invitations/lnk')[2].partition('"')[0]

    browser_of_ada.post(f"/apps/{app}/team/invitations/lnk{path}")

    assert guest.get(f"/invitations/{token}").status_code == 404


def test_a_password_link_sets_it_once_and_ends_every_session(
    house: House, url: str, ada: Person, guest: Visitor, browser_of_ada: Visitor
) -> None:
    token = house.links.reset_password_of("ADA@acme.io ")

    answer = guest.post(f"/welcome/{token}", password="the geese fly south")

    assert answer.status_code == 303
    assert browser_of_ada.get("/account").status_code == 303
    assert Visitor(url).sign_in(ada.login, "the geese fly south").status_code == 303
    again = Visitor(url).post(f"/welcome/{token}", password="once more, with joy")
    assert again.status_code == 404


def test_a_password_link_makes_no_account(house: House, ada: Person) -> None:
    token = house.links.reset_password_of(ada.login)

    with pytest.raises(LinkOver):
        house.links.sign_up(token, **NEW)


def test_an_app_administrator_cannot_reach_beyond_the_app(house: House, app: str) -> None:
    """A password link for a company administrator would be the company."""
    ada = the_first(house)
    admin = actor(house, somebody(house, app, Role.APP_ADMIN))

    with pytest.raises(Forbidden):
        house.links.reset_password(admin, ada.id)
    with pytest.raises(Forbidden):
        house.links.invite(admin, None, Role.COMPANY_ADMIN)
    with pytest.raises(ServiceRefused):
        house.links.invite(admin, app, Role.COMPANY_ADMIN)


def test_the_command_line_makes_both_kinds_of_link(house: House, ada: Person) -> None:
    """Whoever may open the data folder needs no account."""
    tokens = {
        name: COMMANDS["operator link"](house, given)[0].rpartition("/welcome/")[2]
        for name, given in (("welcome", {}), ("reset", {"login": ada.login}))
    }

    assert house.links.read(tokens["welcome"]).role is Role.COMPANY_ADMIN
    assert house.links.read(tokens["reset"]).login == ada.login


def _is_good(house: House, token: str) -> bool:
    try:
        house.links.read(token)
    except LinkOver:
        return False
    return True
