"""Operators, sessions, tries, links, audit and sightings on both databases."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from clocks import START
from standfast.domain.roles import Role
from standfast.store.apps import AppRow, add_app
from standfast.store.audit import AuditFilter, AuditRow, add_entry, list_actors, list_entries
from standfast.store.database import Database
from standfast.store.operator_links import (
    LinkPurpose,
    LinkRow,
    add_link,
    end_link,
    end_links_for,
    find_link,
    find_link_by_hash,
    list_open_invitations,
)
from standfast.store.operators import (
    OperatorRow,
    add_operator,
    change_operator,
    count_company_admins,
    find_operator_by_login,
    get_company_name,
    has_operators,
    list_app_team,
    list_operators,
    remove_app_role,
    roles_of,
    save_app_role,
    save_company_name,
)
from standfast.store.sessions import (
    SessionRow,
    TriesRow,
    add_session,
    end_sessions_before,
    end_sessions_of,
    find_tries,
    forget_tries_before,
    list_sessions,
    save_tries,
    touch_session,
)
from standfast.store.tag_sightings import (
    MOST_ORIGINS,
    SightingRow,
    list_sightings,
    save_sighting,
)

HOUR = timedelta(hours=1)


def an_operator(operator_id: str = "opr_1", **changes: Any) -> OperatorRow:
    login = f"{operator_id}@acme.io"
    return replace(OperatorRow(operator_id, login, operator_id, "x", False, START), **changes)


def a_link(link_id: str = "lnk_1", **changes: Any) -> LinkRow:
    link = LinkRow(
        id=link_id,
        hash=f"hash of {link_id}",
        purpose=LinkPurpose.INVITATION,
        role=Role.APP_MEMBER,
        app_id=None,
        operator_id=None,
        note="",
        created_by="Ada",
        created_at=START,
        expires_at=START + HOUR,
    )
    return replace(link, **changes)


def with_app(database: Database) -> str:
    with database.writing() as transaction:
        add_app(transaction, AppRow("app_1", "Acme", (), "UTC", 0.0, b"", None, START))
    return "app_1"


def test_an_operator_is_found_by_login_and_counted(database: Database) -> None:
    admin = an_operator("opr_2", is_company_admin=True)

    with database.writing() as transaction:
        assert not has_operators(transaction)
        add_operator(transaction, an_operator())
        add_operator(transaction, admin)
        change_operator(transaction, "opr_1", removed_at=START, login="removed:opr_1")

    with database.reading() as reader:
        assert find_operator_by_login(reader, admin.login) == admin
        assert find_operator_by_login(reader, "opr_1@acme.io") is None
        assert list_operators(reader) == (admin,)
        assert count_company_admins(reader) == 1
        assert "x" not in repr(admin).removeprefix("OperatorRow")


def test_roles_are_kept_by_app(database: Database) -> None:
    app = with_app(database)
    with database.writing() as transaction:
        add_operator(transaction, an_operator())
        save_app_role(transaction, "opr_1", app, Role.READ_ONLY)
        save_app_role(transaction, "opr_1", app, Role.APP_ADMIN)

    with database.writing() as transaction:
        assert roles_of(transaction, "opr_1") == {app: Role.APP_ADMIN}
        assert list_app_team(transaction, app) == ((an_operator(), Role.APP_ADMIN),)
        remove_app_role(transaction, "opr_1", app)
        assert roles_of(transaction, "opr_1") == {}


def test_the_company_has_a_name_before_anybody_gave_it_one(database: Database) -> None:
    with database.writing() as transaction:
        assert get_company_name(transaction) == "My company"
        save_company_name(transaction, "Acme")
        save_company_name(transaction, "Acme Inc.")
        assert get_company_name(transaction) == "Acme Inc."


def test_sessions_that_are_over_are_swept_away(database: Database) -> None:
    with database.writing() as transaction:
        add_operator(transaction, an_operator())
        for name, created, seen in (("old", 30, 1), ("idle", 5, 5), ("good", 5, 5)):
            add_session(
                transaction,
                SessionRow(name, "opr_1", "", START - created * HOUR, START - seen * HOUR),
            )
        touch_session(transaction, "good", at=START)
        end_sessions_before(transaction, created_at=START - 24 * HOUR, seen_at=START - 4 * HOUR)

        assert [one.hash for one in list_sessions(transaction, "opr_1")] == ["good"]
        assert end_sessions_of(transaction, "opr_1", besides="good") == 0
        assert end_sessions_of(transaction, "opr_1") == 1


def test_tries_are_counted_and_forgotten(database: Database) -> None:
    with database.writing() as transaction:
        for failures in (1, 2):
            save_tries(transaction, TriesRow("key", failures, START, START + HOUR))
        found = find_tries(transaction, "key")
        forget_tries_before(transaction, START + HOUR)

        assert found == TriesRow("key", 2, START, START + HOUR)
        assert find_tries(transaction, "key") is None


def test_a_link_ends_once(database: Database) -> None:
    app = with_app(database)
    link = a_link(app_id=app)
    with database.writing() as transaction:
        add_link(transaction, link)
        add_link(transaction, a_link("lnk_2", app_id=app, expires_at=START))
        add_link(transaction, a_link("lnk_3", purpose=LinkPurpose.WELCOME))
        assert list_open_invitations(transaction, app, now=START) == (link,)
        assert list_open_invitations(transaction, None, now=START) == ()

        assert find_link_by_hash(transaction, link.hash) == link
        assert end_link(transaction, "lnk_1", at=START)
        assert not end_link(transaction, "lnk_1", at=START)
        end_links_for(transaction, LinkPurpose.WELCOME, None, at=START)
        ended = find_link(transaction, "lnk_3")
        assert ended is not None
        assert ended.ended_at == START


def test_the_audit_log_is_read_newest_first_and_page_by_page(database: Database) -> None:
    def entry(n: int, deed: str, app_id: str | None) -> AuditRow:
        at = START + n * HOUR
        return AuditRow(f"aud_{n}", at, f"opr_{n % 2}", "Ada", app_id, deed, "x", {}, {"n": [n]})

    rows = [
        entry(n, "app.renamed" if n % 2 else "app_x.y", "app_1" if n else None) for n in range(4)
    ]
    with database.writing() as transaction:
        for row in rows:
            add_entry(transaction, row)

    with database.reading() as reader:
        every = list_entries(reader, AuditFilter(), offset=0, limit=9)
        assert every == tuple(reversed(rows))
        assert list_entries(reader, AuditFilter(), offset=1, limit=2) == (rows[2], rows[1])
        assert rows[0] not in list_entries(reader, AuditFilter(app_id="app_1"), offset=0, limit=9)
        of_noun = list_entries(reader, AuditFilter(noun="app"), offset=0, limit=9)
        assert of_noun == (rows[3], rows[1])
        between = AuditFilter(since=START + HOUR, until=START + 2 * HOUR)
        assert list_entries(reader, between, offset=0, limit=9) == (rows[1],)
        assert list_actors(reader, "app_1") == (("opr_0", "Ada"), ("opr_1", "Ada"))


def test_only_the_newest_sightings_are_kept(database: Database) -> None:
    app = with_app(database)
    with database.writing() as transaction:
        save_sighting(transaction, SightingRow(app, "https://acme.io", True, START))
        for n in range(MOST_ORIGINS + 5):
            origin = f"https://{n}.strange.test"
            save_sighting(transaction, SightingRow(app, origin, False, START + n * HOUR))

        kept = list_sightings(transaction, app)

    assert len(kept) == MOST_ORIGINS
    assert kept[0].origin == "https://acme.io"
    assert kept[1].origin == f"https://{MOST_ORIGINS + 4}.strange.test"
