"""Signing in, staying in, being kept out."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from clocks import FrozenClock
from console.rig import ORIGIN, PASSWORD, Person, Visitor, a_house, served, signed_in, the_first
from standfast.bootstrap import House

WRONG = "not the password"


def is_in(visitor: Visitor) -> bool:
    return visitor.get("/account").status_code == 200


def test_name_and_password_open_the_console(guest: Visitor, ada: Person) -> None:
    answer = guest.sign_in("  Ada@ACME.io ")

    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert is_in(guest)


def test_one_comes_back_to_the_page_one_wanted(guest: Visitor, ada: Person, app: str) -> None:
    asked = guest.get(f"/apps/{app}/audit?who=x")
    answer = guest.sign_in(ada.login, next=f"/apps/{app}/audit?who=x")

    assert asked.headers["location"] == f"/sign-in?next=%2Fapps%2F{app}%2Faudit%3Fwho%3Dx"
    assert answer.headers["location"] == f"/apps/{app}/audit?who=x"


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.test/", "//evil.test", "/\\evil.test", "javascript:alert(1)"]
)
def test_nobody_is_led_to_another_house(guest: Visitor, ada: Person, elsewhere: str) -> None:
    assert guest.sign_in(ada.login, next=elsewhere).headers["location"] == "/"


def test_a_known_and_an_unknown_name_are_refused_alike(guest: Visitor, ada: Person) -> None:
    known = guest.sign_in(ada.login, WRONG)
    unknown = guest.sign_in("bob@acme.io", WRONG)

    assert known.status_code == unknown.status_code == 422
    assert known.text.replace(ada.login, "…") == unknown.text.replace("bob@acme.io", "…")


def test_what_was_typed_as_a_password_is_not_sent_back(guest: Visitor, ada: Person) -> None:
    answer = guest.sign_in(ada.login, WRONG)

    assert WRONG not in answer.text
    assert ada.login in answer.text


def test_each_try_after_the_fifth_must_wait_longer(
    guest: Visitor, ada: Person, clock: FrozenClock
) -> None:
    for _ in range(5):
        assert guest.sign_in(ada.login, WRONG).status_code == 422
    waits = []
    for _ in range(3):
        answer = guest.sign_in(ada.login, PASSWORD)
        assert answer.status_code == 429
        waits.append(next(n for n in (2, 4, 8) if f"Wait {n + 1} seconds" in answer.text))
        clock.advance(waits[-1])
        assert guest.sign_in(ada.login, WRONG).status_code == 422

    assert waits == [2, 4, 8]


def test_one_name_is_never_held_for_more_than_a_minute(
    guest: Visitor, ada: Person, clock: FrozenClock
) -> None:
    for _ in range(30):
        guest.sign_in(ada.login, WRONG)
        clock.advance(61)

    # The address may have to wait far longer; somebody else's address does not.
    answer = guest.send(
        "/sign-in",
        {"csrf": guest.csrf(), "login": ada.login, "password": PASSWORD},
        origin=ORIGIN,
    )
    assert answer.status_code in {303, 429}
    clock.advance(900)
    assert guest.sign_in(ada.login).status_code == 303


def test_an_address_that_tries_many_names_must_wait(guest: Visitor, ada: Person) -> None:
    for number in range(20):
        guest.sign_in(f"nobody-{number}@acme.io", WRONG)

    assert guest.sign_in(ada.login).status_code == 429


def test_a_good_sign_in_starts_the_count_anew(guest: Visitor, ada: Person, url: str) -> None:
    for _ in range(4):
        guest.sign_in(ada.login, WRONG)
    guest.sign_in(ada.login)

    assert Visitor(url).sign_in(ada.login, WRONG).status_code == 422
    assert Visitor(url).sign_in(ada.login).status_code == 303


def test_neither_password_nor_session_can_be_read_from_the_database(
    guest: Visitor, ada: Person, house: House
) -> None:
    guest.sign_in(ada.login)

    with house.database.reading() as reader:
        rows = [
            str(tuple(row))
            for table in ("operators", "sessions", "operator_links", "audit_entries")
            for row in reader.connection.execute(text(f"SELECT * FROM {table}"))
        ]
    assert guest.token
    assert [row for row in rows if guest.token in row or PASSWORD in row] == []
    assert any("$argon2id$" in row for row in rows)


@pytest.mark.parametrize(
    ("idle", "active", "is_still_in"),
    [
        (timedelta(hours=11), timedelta(), True),
        (timedelta(hours=12), timedelta(), False),
        (timedelta(hours=6), timedelta(days=13), True),
        (timedelta(hours=6), timedelta(days=14), False),
    ],
    ids=["idle for 11 h", "idle for 12 h", "used for 13 days", "used for 14 days"],
)
def test_a_session_ends_by_itself(
    guest: Visitor,
    ada: Person,
    clock: FrozenClock,
    idle: timedelta,
    active: timedelta,
    is_still_in: bool,
) -> None:
    guest.sign_in(ada.login)
    for _ in range(int(active / timedelta(hours=6))):
        clock.advance(6 * 3600)
        guest.get("/account")

    clock.advance(idle.total_seconds() if not active else 0)

    assert is_in(guest) == is_still_in


def test_signing_out_ends_the_session_and_not_only_its_cookie(
    browser_of_ada: Visitor, url: str
) -> None:
    stolen = Visitor(url, browser_of_ada.token)

    browser_of_ada.post("/sign-out")

    assert not is_in(stolen)


def test_signing_out_everywhere_ends_every_session(
    browser_of_ada: Visitor, house: House, url: str, ada: Person
) -> None:
    other = signed_in(house, url, ada)

    browser_of_ada.post("/account/sign-out-everywhere")

    assert not is_in(other)
    assert not is_in(browser_of_ada)


def test_a_new_password_ends_every_other_session(
    browser_of_ada: Visitor, house: House, url: str, ada: Person
) -> None:
    other = signed_in(house, url, ada)

    browser_of_ada.post("/account/password", present=PASSWORD, password="the geese fly south")

    assert is_in(browser_of_ada)
    assert not is_in(other)
    assert Visitor(url).sign_in(ada.login).status_code == 422
    assert Visitor(url).sign_in(ada.login, "the geese fly south").status_code == 303


@pytest.mark.parametrize(
    ("present", "password", "told"),
    [
        (WRONG, "the geese fly south", "This is not your present password."),
        (PASSWORD, "short", "Use 12 characters or more"),
        (PASSWORD, "Password1234", "one of the first passwords"),
        (PASSWORD, "aaaaaaaaaaaaaa", "one of the first passwords"),
        (PASSWORD, "123456789012", "one of the first passwords"),
        (PASSWORD, "P@$$w0rd2026", "one of the first passwords"),
    ],
)
def test_a_password_that_will_not_do_is_told_beside_its_field(
    browser_of_ada: Visitor, present: str, password: str, told: str
) -> None:
    answer = browser_of_ada.post("/account/password", present=present, password=password)

    assert answer.status_code == 422
    assert told in answer.text
    assert 'aria-invalid="true"' in answer.text


def test_a_removed_operator_is_out_at_once(
    browser_of_ada: Visitor, house: House, url: str, ada: Person
) -> None:
    bob = the_first(house, "Bob", "bob@acme.io")
    theirs = signed_in(house, url, bob)

    browser_of_ada.post(f"/company/people/{bob.id}/remove")

    assert not is_in(theirs)
    assert Visitor(url).sign_in("bob@acme.io").status_code == 422


def test_cookies_are_for_this_host_and_for_no_script(guest: Visitor, ada: Person) -> None:
    answer = guest.sign_in(ada.login)

    session = next(
        one for one in answer.headers.get_list("set-cookie") if one.startswith("standfast-session=")
    )
    flags = {part.strip().lower() for part in session.split(";")[1:]}
    assert {"httponly", "path=/", "samesite=lax"} <= flags
    assert not any(part.startswith("domain") for part in flags)


def test_over_https_cookies_are_secure_and_bound_to_the_host(
    tmp_path: Path, clock: FrozenClock
) -> None:
    with (
        a_house(tmp_path / "secure", clock, url="https://console.test") as house,
        served(house) as url,
    ):
        answer = Visitor(url).get("/sign-in")

    [cookie] = answer.headers.get_list("set-cookie")
    assert cookie.startswith("__Host-standfast-guest=")
    assert "Secure" in cookie


def test_a_page_tells_the_browser_to_trust_nothing_but_us(browser_of_ada: Visitor) -> None:
    headers = browser_of_ada.get("/account").headers

    assert "default-src 'self'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"
    assert headers["x-frame-options"] == "DENY"
