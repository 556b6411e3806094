"""The audit's commands as an administrator runs them, beside a server and without one."""

import json
import sqlite3
import time
from contextlib import closing

import pytest


def _told(terminal) -> list[str]:
    return terminal.done("audit", "verify")


def _sealed(terminal, at_least: int) -> None:
    """Until the server has sealed so many: it does so each second."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        if int(terminal.done("audit", "head")[0].partition(":")[0]) >= at_least:
            return
    raise AssertionError(terminal.log())


@pytest.fixture
def app(terminal) -> str:
    """With two visitors, ada and bob."""
    app = terminal.done("app", "create", "--name", "Acme", "--domain", "acme.io")[0]
    with closing(sqlite3.connect(terminal.data / "core.sqlite3")) as connection:
        for user in ("ada", "bob"):
            traits = json.dumps({"mail": f"{user}@acme.io"})
            connection.execute(
                "INSERT INTO visitors (app_id, user_id, traits, sources, is_suppressed, is_test, "
                "created_at, updated_at) VALUES (?, ?, ?, '{}', 0, 0, 1, 1)",
                (app, user, traits),
            )
        connection.commit()
    return app


def _erase(terminal, app: str, user: str) -> list[str]:
    why = ("--reason", "Asked for by letter", "--yes")
    return terminal.done("visitor", "erase", "--app", app, "--user", user, *why)


def test_the_chain_is_verified_beside_a_server_that_lengthens_it(terminal, app) -> None:
    terminal.serve()
    _erase(terminal, app, "ada")
    _sealed(terminal, 1)
    _erase(terminal, app, "bob")

    _sealed(terminal, 2)

    assert _told(terminal)[0].endswith(terminal.done("audit", "head")[0] + ".")
    assert terminal.done("audit", "export")[0].startswith('{"format":"standfast audit 1"')


def test_a_noted_key_and_head_are_held_against_the_chain(terminal, app) -> None:
    _erase(terminal, app, "ada")
    terminal.serve()
    _sealed(terminal, 1)
    [key], [head] = terminal.done("audit", "key"), terminal.done("audit", "head")

    right = terminal.run("audit", "verify", "--public-key", key, "--head", head)
    wrong = terminal.run("audit", "verify", "--public-key", "ab" * 32)
    unread = terminal.run("audit", "verify", "--head", "nonsense")

    assert right.returncode == 0, right.stdout
    assert (wrong.returncode, wrong.stdout.partition(":")[0]) == (1, "BROKEN")
    assert (unread.returncode, "NUMBER:HASH" in unread.stderr) == (1, True)


def test_a_changed_row_is_named_with_status_1(terminal, app) -> None:
    _erase(terminal, app, "ada")
    terminal.serve()
    _sealed(terminal, 1)
    terminal.stop()
    with closing(sqlite3.connect(terminal.data / "core.sqlite3")) as connection:
        connection.execute("UPDATE audit_entries SET actor_name = 'Eve'")
        connection.commit()

    answer = terminal.run("audit", "verify")

    assert answer.returncode == 1
    assert answer.stdout.startswith("BROKEN: audit_entries aud_")


def test_where_nothing_has_ended_nothing_is_sealed(terminal, app) -> None:
    assert _told(terminal) == ["Nothing has been sealed yet."]
    assert terminal.run("audit", "key").returncode == 1


def test_without_a_database_nothing_is_made(terminal) -> None:
    answer = terminal.run("audit", "verify")

    assert answer.returncode == 1
    assert "There is no database" in answer.stderr
    assert not terminal.data.exists()


def test_a_visitor_is_exported_and_erased(terminal, app) -> None:
    visitor = ("--app", app, "--user", "ada")

    told = json.loads("\n".join(terminal.done("visitor", "export", *visitor)))
    unsure = terminal.run("visitor", "erase", *visitor, "--reason", "Asked for by letter")
    done = _erase(terminal, app, "ada")

    assert told["visitor"]["traits"] == {"mail": "ada@acme.io"}
    assert (unsure.returncode, "--yes" in unsure.stderr) == (1, True)
    assert done[1].startswith("erased-")
    assert terminal.run("visitor", "export", *visitor).returncode == 1


def test_nothing_is_proven_of_somebody_unknown(terminal, app) -> None:
    answer = terminal.run("audit", "prove", "--app", app, "--visitor", "nobody")

    assert answer.returncode == 1
    assert answer.stderr == "standfast: visitor: No deed of such a visitor is known.\n"
