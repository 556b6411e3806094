import sqlite3

import pytest

from standfast.cli.commands import COMMANDS
from standfast.cli.options import build_parser, parse

HELP = (["--help"], ["serve", "--help"], ["app", "create", "--help"], ["connection", "save", "-h"])


@pytest.mark.parametrize("verb", ["verify", "prove"])
def test_an_auditor_reads_what_the_exit_status_of_a_verdict_means(verb: str, capsys) -> None:
    with pytest.raises(SystemExit):
        parse(["audit", verb, "--help"])

    assert "exit status: 0 everything holds, 1 it does not" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", HELP, ids=" ".join)
def test_help_shows_an_example_or_the_exit_statuses(arguments, capsys) -> None:
    with pytest.raises(SystemExit) as caught:
        parse(arguments)

    told = capsys.readouterr().out
    assert caught.value.code == 0
    assert "example: standfast" in told or "exit status" in told


@pytest.mark.parametrize(
    "arguments",
    [[], ["nope"], ["serve", "--port", "99999"], ["backup"], ["app"], ["connection", "save"]],
    ids=lambda one: " ".join(one) or "nothing",
)
def test_what_is_not_understood_ends_with_status_2(arguments, capsys) -> None:
    with pytest.raises(SystemExit) as caught:
        parse(arguments)

    assert caught.value.code == 2


def test_every_command_of_the_house_can_be_asked() -> None:
    build_parser()
    for name in COMMANDS:
        with pytest.raises(SystemExit) as caught:
            parse([*name.split(), "--help"])
        assert caught.value.code == 0


def test_the_doctor_finds_nothing_wrong_with_a_new_installation(terminal) -> None:
    terminal.done("app", "create", "--name", "Acme")

    assert terminal.run("doctor").returncode == 0


def _open_to_all(data) -> None:
    data.chmod(0o755)


def _readable_key(data) -> None:
    (data / "key").chmod(0o644)


def _lost_key(data) -> None:
    (data / "key").unlink()


def _foreign_key(data) -> None:
    (data / "key").write_text("A" * 43 + "=")


def _newer(data) -> None:
    connection = sqlite3.connect(data / "core.sqlite3")
    connection.execute("UPDATE schema_version_core SET version_num = '9999'")
    connection.commit()
    connection.close()


def _lying_counter(data) -> None:
    connection = sqlite3.connect(data / "core.sqlite3")
    connection.execute("INSERT INTO limit_counters SELECT id, 'accepts', 'prm_1', '', 7 FROM apps")
    connection.commit()
    connection.close()


FAULTS = {
    "a folder open to all": (_open_to_all, "chmod 700"),
    "a key others can read": (_readable_key, "chmod 600"),
    "a lost key": (_lost_key, "restore"),
    "another installation's key": (_foreign_key, "not ours"),
    "a newer database": (_newer, "9999"),
    "a counter that is not what is reserved": (_lying_counter, "says 7, reserved are 0"),
}


@pytest.mark.parametrize(("spoil", "advice"), FAULTS.values(), ids=FAULTS.keys())
def test_the_doctor_finds_a_fault_and_says_what_to_do(terminal, spoil, advice) -> None:
    terminal.done("app", "create", "--name", "Acme")
    spoil(terminal.data)

    answer = terminal.run("doctor")

    assert answer.returncode == 1
    assert "WRONG" in answer.stdout
    assert advice in answer.stdout


def test_the_doctor_says_when_postgresql_cannot_be_reached(terminal) -> None:
    answer = terminal.run("doctor", DATABASE_URL="postgresql://u:geheim@127.0.0.1:1/x")

    assert answer.returncode == 1
    assert "cannot be reached" in answer.stdout
    assert "geheim" not in answer.stdout + answer.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://x"),
        ("STANDFAST_KEY", "short"),
        ("STANDFAST_LIMITS", "visitor=many"),
        ("STANDFAST_URL", "ftp://x"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(terminal, name: str, value: str) -> None:
    answer = terminal.run("app", "list", **{name: value})

    assert answer.returncode == 1
    assert name in answer.stderr
    assert "Traceback" not in answer.stderr


@pytest.mark.parametrize("command", ["web", "worker"])
def test_scaled_processes_need_postgresql(terminal, command: str) -> None:
    answer = terminal.run(command)

    assert (answer.returncode, "DATABASE_URL" in answer.stderr) == (1, True)


def test_keys_are_made_and_withdrawn(terminal) -> None:
    (app,) = terminal.done("app", "create", "--name", "Acme", "--domain", "acme.io")

    kid, secret = terminal.done("identity-key", "create", "--app", app)
    assert kid.startswith("kid idk_")
    assert secret.startswith("secret ")
    terminal.done("identity-key", "retire", "--app", app, "--kid", kid.split()[1])
    assert terminal.done("api-key", "create", "--app", app, "--label", "x")[0].startswith("sk_")
    terminal.done("api-key", "revoke", "--app", app, "--label", "x")
    assert terminal.done("explain", "--app", app, "--user", "ada") == ["This app has no prompts."]
