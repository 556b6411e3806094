import json
import signal
import stat

import httpx2
import pytest


def _decide(url: str, app: str) -> httpx2.Response:
    with httpx2.Client(trust_env=False) as client:
        body = json.dumps({"app": app, "anonymous_id": "browser-1"})
        return client.post(f"{url}/v1/decide", content=body, headers={"content-type": "text/plain"})


def test_an_empty_folder_serves_its_first_decision(terminal) -> None:
    url = terminal.serve()
    app = terminal.done("app", "list")[0].split()[0]

    assert _decide(url, app).json()["prompts"] == []
    assert stat.S_IMODE(terminal.data.stat().st_mode) == 0o700
    for name in ("key", "socket", "lock"):
        assert stat.S_IMODE((terminal.data / name).stat().st_mode) == 0o600


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_server_that_is_asked_to_stop_ends_well(terminal, number) -> None:
    terminal.serve()

    assert terminal.stop(number) == 0
    assert "server.stopped" in terminal.log()
    assert not (terminal.data / "socket").exists()


def test_a_second_server_on_the_folder_is_refused_and_told_of_postgresql(terminal) -> None:
    terminal.serve()

    second = terminal.run("serve", "--port", "0")

    assert second.returncode == 1
    assert "PostgreSQL" in second.stderr


def test_a_killed_server_leaves_the_folder_free(terminal) -> None:
    terminal.serve()
    terminal.stop(signal.SIGKILL)

    assert terminal.serve().startswith("http://")


def test_commands_reach_the_running_server(terminal) -> None:
    url = terminal.serve()

    (app,) = terminal.done("app", "create", "--name", "Acme", "--domain", "acme.io")

    assert any(line.startswith(app) for line in terminal.done("app", "list"))
    assert _decide(url, app).status_code == 200
    refused = terminal.run("api-key", "create", "--app", "app_none", "--label", "x")
    assert (refused.returncode, "no such app" in refused.stderr) == (1, True)


def test_a_key_is_rotated_under_a_running_server(terminal) -> None:
    url = terminal.serve()
    (app,) = terminal.done("app", "create", "--name", "Acme")
    before = (terminal.data / "key").read_text()

    terminal.done("rotate-key")

    assert (terminal.data / "key").read_text() != before
    assert _decide(url, app).status_code == 200
    assert terminal.run("doctor").returncode == 0


def test_a_backup_of_a_running_server_can_be_restored(terminal, tmp_path) -> None:
    terminal.serve()
    (app,) = terminal.done("app", "create", "--name", "Acme")
    archive = tmp_path / "backup.tar"

    terminal.done("backup", "--to", str(archive))
    key = (terminal.data / "key").read_bytes()
    terminal.stop()
    restored = tmp_path / "restored"
    _restore(archive, key, restored)
    terminal.environment["STANDFAST_DATA"] = str(restored)

    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    assert terminal.run("doctor").returncode == 0
    assert _decide(terminal.serve(), app).status_code == 200


def _restore(archive, key: bytes, folder) -> None:
    """As docs/operate.md says."""
    import tarfile

    folder.mkdir(mode=0o700)
    with tarfile.open(archive) as opened:
        assert opened.getnames() == ["core.sqlite3", "mirror.sqlite3"]
        opened.extractall(folder, filter="data")
    (folder / "key").write_bytes(key)
    (folder / "key").chmod(0o600)


def test_a_backup_holds_the_key_only_when_asked(terminal, tmp_path) -> None:
    terminal.done("app", "create", "--name", "Acme")

    terminal.done("backup", "--to", str(tmp_path / "b.tar"), "--with-key")

    import tarfile

    with tarfile.open(tmp_path / "b.tar") as opened:
        assert "key" in opened.getnames()


def test_a_backup_overwrites_nothing(terminal, tmp_path) -> None:
    terminal.done("app", "create", "--name", "Acme")
    (tmp_path / "b.tar").write_text("precious")

    answer = terminal.run("backup", "--to", str(tmp_path / "b.tar"))

    assert (answer.returncode, "exists" in answer.stderr) == (1, True)
    assert (tmp_path / "b.tar").read_text() == "precious"


def test_web_and_worker_serve_one_postgresql(terminal, postgresql_url: str) -> None:
    terminal.environment["DATABASE_URL"] = postgresql_url
    terminal.done("migrate")
    (app,) = terminal.done("app", "create", "--name", "Acme")

    url = terminal.serve("web")

    assert _decide(url, app).status_code == 200
    assert terminal.run("doctor").returncode == 0
    assert terminal.run("serve").returncode == 1
    assert "pg_dump" in terminal.run("backup", "--to", "x.tar").stderr
    assert terminal.stop() == 0


def test_a_worker_says_that_it_works_and_ends_when_told(terminal, postgresql_url: str) -> None:
    terminal.environment["DATABASE_URL"] = postgresql_url
    terminal.done("migrate")

    assert "works" in terminal.start("worker")

    assert terminal.stop() == 0
    assert "worker.stopped" in terminal.log()


def test_web_refuses_a_database_of_a_newer_version(terminal, postgresql_url: str) -> None:
    import psycopg

    terminal.environment["DATABASE_URL"] = postgresql_url
    terminal.done("migrate")
    with psycopg.connect(postgresql_url) as connection:
        connection.execute("UPDATE schema_version_core SET version_num = '9999'")

    answer = terminal.run("web", "--port", "0")

    assert (answer.returncode, "9999" in answer.stderr) == (1, True)


def test_a_server_with_another_key_refuses_to_start(terminal) -> None:
    terminal.done("app", "create", "--name", "Acme")
    (terminal.data / "key").unlink()

    answer = terminal.run("serve", "--port", "0")

    assert answer.returncode == 1
    assert "another key" in answer.stderr
