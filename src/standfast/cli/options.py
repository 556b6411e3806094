"""What can be asked on the command line, with an example for each."""

import argparse
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any, Protocol

STATUS = "0 done, 1 failed (the reason stands on standard error), 2 not understood"
VERDICT = "0 everything holds, 1 it does not (what is broken is named), 2 not understood"

EPILOG = f"""exit status: {STATUS}

settings come from the environment: STANDFAST_DATA, STANDFAST_URL, DATABASE_URL, STANDFAST_KEY,
STANDFAST_TRUSTED_PROXIES, STANDFAST_SIMULATOR_HOSTS, STANDFAST_LIMITS, STANDFAST_DURATIONS"""

Parser = argparse.ArgumentParser


class AddCommand(Protocol):
    """Adds a command; `status` is what its exit statuses mean."""

    def __call__(
        self, name: str, summary: str, example: str, *, status: str = STATUS
    ) -> Parser: ...


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Ends the process with status 2, and says why, when they cannot be understood."""
    return build_parser().parse_args(arguments)


def build_parser() -> Parser:
    parser = Parser(
        prog="standfast",
        description="Show the right prompt to a signed-in customer and change their bill once.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"standfast {version('standfast')}")
    commands = parser.add_subparsers(dest="command", required=True)
    add = _adder(commands)
    _add_processes(add)
    _add_care(add)
    _add_explain(add)
    _add_apps(commands)
    _add_runs(commands)
    _add_audit(commands)
    _add_visitors(commands)
    return parser


def _adder(commands: Any) -> AddCommand:
    def add(name: str, summary: str, example: str, *, status: str = STATUS) -> Parser:
        parser = commands.add_parser(
            name,
            help=summary,
            description=f"{summary[0].upper()}{summary[1:]}.",
            epilog=f"example: standfast {example}\n\nexit status: {status}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        parser.add_argument("--data", help="the data folder (else STANDFAST_DATA, else ./data)")
        return parser

    return add


def _add_processes(add: AddCommand) -> None:
    serve = add("serve", "serve everything from one process and one folder", "serve --port 8000")
    web = add("web", "answer HTTP; one of many, on PostgreSQL", "web --host 0.0.0.0 --port 8000")
    for one in (serve, web):
        one.add_argument("--host", default="127.0.0.1", help="the address to listen on")
        one.add_argument("--port", type=_port, default=8000, help="0 chooses a free one")
    add("worker", "perform what was clicked and sync; one of many, on PostgreSQL", "worker")


def _add_care(add: AddCommand) -> None:
    add("migrate", "bring the database to this version's schema", "migrate")
    add("doctor", "look for what is wrong and say how to mend it", "doctor")
    backup = add("backup", "copy the embedded database while it is in use", "backup --to /b/1.tar")
    backup.add_argument("--to", required=True, help="the tar file to write; it must not exist")
    backup.add_argument("--with-key", action="store_true", help="put the key file into it too")
    add("rotate-key", "seal every secret with a new key and retire the old one", "rotate-key")
    sync = add("sync", "sync the catalogue and billing records now", "sync --app app_1")
    sync.add_argument("--app", help="the connections of this app only")


def _add_explain(add: AddCommand) -> None:
    explain = add(
        "explain",
        "say why a visitor sees, or does not see, each prompt",
        "explain --app app_1 --user ada --page https://acme.io/account",
    )
    explain.add_argument("--app", required=True)
    explain.add_argument("--user", required=True, help="the visitor's user_id")
    explain.add_argument("--page", default="", help="the address of the page")
    explain.add_argument("--device", default="")


def _add_apps(commands: Any) -> None:
    add = _group(commands, "app", "apps: where prompts live")
    create = add("create", "create an app", "app create --name Acme --domain acme.io")
    create.add_argument("--name", required=True)
    create.add_argument("--domain", action="append", default=[], dest="domains")
    create.add_argument("--time-zone", default="UTC")
    add("list", "list the apps", "app list")
    domains = add(
        "domains", "set the origins that may call", "app domains --app app_1 --domain acme.io"
    )
    domains.add_argument("--app", required=True)
    domains.add_argument("--domain", action="append", required=True, dest="domains")

    add = _group(commands, "api-key", "keys for an app's backend")
    for name, summary in (("create", "create a key and show it once"), ("revoke", "revoke a key")):
        one = add(name, summary, f"api-key {name} --app app_1 --label backend")
        one.add_argument("--app", required=True)
        one.add_argument("--label", required=True)

    add = _group(commands, "identity-key", "keys that sign visitors' identity tokens")
    create = add("create", "create a key", "identity-key create --app app_1")
    create.add_argument("--app", required=True)
    create.add_argument("--algorithm", choices=["HS256", "EdDSA", "RS256"], default="HS256")
    create.add_argument("--public-key", help="a PEM file; EdDSA and RS256 only")
    retire = add("retire", "retire a key", "identity-key retire --app app_1 --kid idk_1")
    retire.add_argument("--app", required=True)
    retire.add_argument("--kid", required=True)

    add = _group(commands, "operator", "the people who use the console")
    link = add(
        "link",
        "make a one-time link: a new password, or a new company administrator",
        "operator link --login ada@acme.io",
    )
    link.add_argument("--login", help="whose password; without it, a new company administrator")

    add = _group(commands, "connection", "connections to billing systems")
    save = add(
        "save",
        "check and save a connection",
        "connection save --app app_1 --connector chargify --set domain=acme "
        "--set-from api_key=CHARGIFY_API_KEY",
    )
    save.add_argument("--app", required=True)
    save.add_argument("--connector", required=True)
    save.add_argument("--set", action="append", default=[], type=_pair, metavar="NAME=VALUE")
    save.add_argument(
        "--set-from",
        action="append",
        default=[],
        type=_pair,
        metavar="NAME=VARIABLE",
        help="take the value from an environment variable; for secrets",
    )


def _add_audit(commands: Any) -> None:
    add = _group(commands, "audit", "the sealed chain over every bill change and console change")
    verify = add(
        "verify",
        "verify the whole chain, or name the first broken row",
        "audit verify",
        status=VERDICT,
    )
    verify.add_argument(
        "--public-key",
        action="append",
        default=[],
        metavar="HEX",
        help="believe signatures of this key only; may be given again",
    )
    verify.add_argument(
        "--head", metavar="N:HASH", help="a head noted earlier that the chain must go through"
    )
    add("head", "print the chain's end, to be noted elsewhere", "audit head")
    add("key", "print the public key that verifies the chain", "audit key")
    export = add(
        "export",
        "write the chain and all it stands for as JSON Lines",
        "audit export > chain.jsonl",
    )
    export.add_argument("--app", help="with the rows of this app only")
    prove = add(
        "prove",
        "lay out a visitor's bill changes with what proves them",
        "audit prove --app app_1 --visitor ada",
        status=VERDICT,
    )
    prove.add_argument("--app", required=True)
    prove.add_argument("--visitor", required=True, help="the visitor's user_id")
    prove.add_argument("--run", help="this change only")
    prove.add_argument("--json", action="store_true")
    prove.add_argument(
        "--quick", action="store_true", help="verify their own seals, not the whole chain"
    )


def _add_visitors(commands: Any) -> None:
    add = _group(commands, "visitor", "what is kept of a visitor")
    export = add(
        "export",
        "write everything kept of a visitor as JSON",
        "visitor export --app app_1 --user ada",
    )
    erase = add(
        "erase",
        "erase a visitor for ever; the audit chain still verifies",
        'visitor erase --app app_1 --user ada --reason "Asked for by letter" --yes',
    )
    for one in (export, erase):
        one.add_argument("--app", required=True)
        one.add_argument("--user", required=True, help="the visitor's user_id")
    erase.add_argument("--reason", required=True, help="why, without naming the person")
    erase.add_argument("--yes", action="store_true", help="do not ask for the id once more")


def _add_runs(commands: Any) -> None:
    add = _group(commands, "run", "changes of a bill that have ended")
    for name, summary in (
        ("undo", "take a succeeded change back"),
        ("again", "run again what ended refused, failed or cancelled"),
    ):
        one = add(name, summary, f'run {name} --app app_1 --run 4f2e --reason "They called."')
        one.add_argument("--app", required=True)
        one.add_argument("--run", required=True, help="the run's id")
        one.add_argument("--reason", required=True, help="why; kept in the audit log")


def _group(commands: Any, name: str, summary: str) -> AddCommand:
    group = commands.add_parser(name, help=summary, description=summary)
    return _adder(group.add_subparsers(dest="verb", metavar="VERB", required=True))


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65_535:
        raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")
    return int(text)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form NAME=VALUE")
    return name, value
