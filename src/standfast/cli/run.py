"""From what was asked to what is done; every failure becomes one line and a status."""

import os
import sys
from argparse import Namespace
from dataclasses import replace
from pathlib import Path

from standfast.cli.failures import FAILURES, told
from standfast.cli.lock import DataFolderTaken, DataLock
from standfast.config import Settings, read_settings

DONE, FAILED = 0, 1


class CannotRun(Exception):
    """The settings do not fit the command."""


def run(asked: Namespace) -> int:
    try:
        settings = _settings(asked)
        return _run(asked, settings)
    except FAILURES as error:
        return _fail(told(error))
    except (DataFolderTaken, CannotRun) as error:
        return _fail(str(error))
    except OSError as error:
        return _fail(f"{error.strerror or error}: {error.filename or ''}".rstrip(": "))
    except KeyboardInterrupt:
        return FAILED


def _run(asked: Namespace, settings: Settings) -> int:
    environment = dict(os.environ)
    match asked.command:
        case "serve":
            from standfast.cli.serve import serve

            if not settings.is_embedded:
                raise CannotRun(
                    "DATABASE_URL is set: run `standfast web` and `standfast worker` instead."
                )
            return serve(settings, environment, host=asked.host, port=asked.port)
        case "web":
            from standfast.cli.serve import web

            _need_postgresql(settings)
            return web(settings, environment, host=asked.host, port=asked.port)
        case "worker":
            from standfast.cli.serve import work

            _need_postgresql(settings)
            return work(settings, environment)
        case "doctor":
            from standfast.cli.doctor import examine

            return examine(settings, environment)
        case "migrate":
            return _migrate(settings)
        case "audit":
            return _read(asked, settings, environment)
        case "visitor" if asked.verb == "export":
            return _read(asked, settings, environment)
        case _:
            return _perform(asked, settings, environment)


def _read(asked: Namespace, settings: Settings, environment: dict[str, str]) -> int:
    """Beside a server or without one: nothing is written."""
    from standfast.cli.audit import read_only

    return read_only(asked, settings, environment)


def _need_postgresql(settings: Settings) -> None:
    if settings.is_embedded:
        raise CannotRun(
            "This needs DATABASE_URL=postgresql://…; without it, run `standfast serve`."
        )


def _migrate(settings: Settings) -> int:
    from standfast.store.database import open_database
    from standfast.store.migrate import prepare

    lock = DataLock(settings.data)
    if settings.is_embedded:
        lock.take()
    database = open_database(settings.data, settings.database_url)
    try:
        for line in prepare(database, may_upgrade=True) or ("The database is current.",):
            _say(line)
    finally:
        database.close()
        lock.release()
    return DONE


def _perform(asked: Namespace, settings: Settings, environment: dict[str, str]) -> int:
    """By the running server when one holds the folder, else by this process."""
    name = " ".join(part for part in (asked.command, getattr(asked, "verb", None)) if part)
    arguments = _arguments(asked, environment)
    if name == "backup" and not settings.is_embedded:
        raise CannotRun("For PostgreSQL use pg_dump; see docs/operate.md.")
    lock = DataLock(settings.data)
    try:
        if settings.is_embedded:
            lock.take()
    except DataFolderTaken:
        return _ask_server(settings, name, arguments)
    try:
        return _perform_here(settings, environment, name, arguments)
    finally:
        lock.release()


def _ask_server(settings: Settings, name: str, arguments: dict[str, str]) -> int:
    from standfast.cli.wire import CommandFailed, ServerSilent, ask_server

    try:
        for line in ask_server(settings.data, name, arguments):
            _say(line)
    except (CommandFailed, ServerSilent) as error:
        return _fail(str(error))
    return DONE


def _perform_here(
    settings: Settings, environment: dict[str, str], name: str, arguments: dict[str, str]
) -> int:
    import logging

    from standfast import logs
    from standfast.bootstrap import build
    from standfast.cli.commands import COMMANDS

    logs.configure(level=logging.WARNING)
    house = build(settings, environment=environment, may_upgrade=settings.is_embedded)
    try:
        for line in COMMANDS[name](house, arguments):
            _say(line)
    finally:
        house.close()
    return DONE


def _arguments(asked: Namespace, environment: dict[str, str]) -> dict[str, str]:
    """Plain texts, so that they travel to a server as they are."""
    given = {key: value for key, value in vars(asked).items() if isinstance(value, str)}
    plain = {key: given[key] for key in given if key not in {"command", "verb", "data"}}
    if "to" in plain:
        plain["to"] = str(Path(plain["to"]).absolute())
        plain["with_key"] = "yes" if asked.with_key else "no"
    if "public_key" in plain:
        plain["public_key"] = Path(plain["public_key"]).read_text(encoding="utf-8")
    if hasattr(asked, "yes"):
        plain["confirmed"] = plain["user"] if asked.yes else _asked_again(plain["user"])
    if getattr(asked, "domains", None):
        plain["domains"] = " ".join(asked.domains)
    for key, value in getattr(asked, "set", []):
        plain[f"set.{key}"] = value
    for key, variable in getattr(asked, "set_from", []):
        if variable not in environment:
            raise CannotRun(f"The environment variable {variable} is not set.")
        plain[f"set.{key}"] = environment[variable]
    return plain


def _asked_again(user: str) -> str:
    """What is typed when the id is asked for once more; without a terminal, `--yes` is needed."""
    if not sys.stdin.isatty():
        raise CannotRun("This is for ever. Say --yes when you mean it.")
    sys.stderr.write(f"Everything kept of {user!r} is erased for ever. Type the id again: ")
    sys.stderr.flush()
    return sys.stdin.readline().strip()


def _settings(asked: Namespace) -> Settings:
    settings = read_settings(os.environ)
    return replace(settings, data=Path(asked.data)) if asked.data else settings


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _fail(message: str) -> int:
    sys.stderr.write(f"standfast: {message}\n")
    return FAILED
