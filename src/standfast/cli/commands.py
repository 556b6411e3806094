"""What the administrator can have done, by the running server or by this process alike."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from standfast.cli.run_commands import RUN_COMMANDS
from standfast.domain.request import DecideRequest
from standfast.services.back_up import BackUp
from standfast.services.errors import FieldInvalid
from standfast.store.connections import list_connections
from standfast.store.keys import Algorithm

if TYPE_CHECKING:
    from standfast.bootstrap import House

Arguments = Mapping[str, str]
Command = Callable[["House", Arguments], list[str]]


def create_app(house: "House", given: Arguments) -> list[str]:
    app = house.manage_app.create(
        given["name"],
        domains=tuple(given.get("domains", "").split()),
        time_zone=given.get("time_zone", "UTC"),
    )
    return [app.id]


def list_all_apps(house: "House", _given: Arguments) -> list[str]:
    return [
        f"{app.id}  {app.name}  {app.time_zone}  {' '.join(app.domains)}"
        for app in house.manage_app.list()
    ]


def change_domains(house: "House", given: Arguments) -> list[str]:
    app = house.manage_app.change_domains(given["app"], tuple(given["domains"].split()))
    return list(app.domains)


def create_api_key(house: "House", given: Arguments) -> list[str]:
    return [house.manage_app.create_api_key(given["app"], label=given["label"]).reveal()]


def revoke_api_key(house: "House", given: Arguments) -> list[str]:
    house.manage_app.revoke_api_key(given["app"], label=given["label"])
    return [f"The API key {given['label']!r} is revoked."]


def create_identity_key(house: "House", given: Arguments) -> list[str]:
    key = house.manage_app.create_identity_key(
        given["app"],
        algorithm=Algorithm(given.get("algorithm", "HS256")),
        public_key=given.get("public_key"),
    )
    return [f"kid {key.kid}", *([f"secret {key.secret.reveal()}"] if key.secret else [])]


def retire_identity_key(house: "House", given: Arguments) -> list[str]:
    house.manage_app.retire_identity_key(given["app"], given["kid"])
    return [f"The identity key {given['kid']} is retired."]


def operator_link(house: "House", given: Arguments) -> list[str]:
    login = given.get("login")
    token = house.links.reset_password_of(login) if login else house.links.welcome()
    return [f"{house.settings.url}/welcome/{token}", "It works once, within 24 hours."]


def save_connection(house: "House", given: Arguments) -> list[str]:
    settings = {
        key.removeprefix("set."): value for key, value in given.items() if key.startswith("set.")
    }
    row = house.configure_connection.save(given["app"], given["connector"], settings)
    mode = "test mode" if row.site.is_test else "LIVE mode"
    return [f"{row.id}  {row.site.name}  {row.site.currency}  {mode}"]


def sync(house: "House", given: Arguments) -> list[str]:
    with house.database.reading() as reader:
        rows = list_connections(reader, given.get("app"))
    if not rows:
        raise FieldInvalid("There is no connection to sync.", field="app")
    for row in rows:
        house.sync_connections.request(row.id)
    return [f"A sync of {row.id} ({row.connector}) begins now." for row in rows]


def rotate_key(house: "House", _given: Arguments) -> list[str]:
    rotation = house.rotate_key.rotate()
    done = f"{rotation.resealed} secrets are sealed with the new key."
    return [done, *([rotation.advice] if rotation.advice else [])]


def back_up(house: "House", given: Arguments) -> list[str]:
    written = BackUp(house.settings.data).write(
        Path(given["to"]), with_key=given.get("with_key") == "yes"
    )
    return [f"{written} holds the backup."]


def explain(house: "House", given: Arguments) -> list[str]:
    request = DecideRequest(page=given.get("page", ""), device=given.get("device", ""))
    lines: list[str] = []
    for one in house.explain_prompts.explain(given["app"], given["user"], request):
        verdict = "shown" if one.explanation.is_shown else "not shown"
        lines.append(f"{one.name} ({one.explanation.prompt_id}, {one.status}): {verdict}")
        lines += [
            f"  {gate.verdict:<10} {gate.gate:<10} {gate.condition} | {gate.actual}"
            for gate in one.explanation.gates
        ]
    return lines or ["This app has no prompts."]


def erase_visitor(house: "House", given: Arguments) -> list[str]:
    erased = house.erase_visitor.erase(
        given["app"], given["user"], reason=given["reason"], confirmed=given["confirmed"]
    )
    runs = f"{erased.runs} runs with {erased.lines} journal lines"
    return [
        f"Erased: {erased.interactions} interactions, {runs}, {erased.changes} audit entries.",
        f"{erased.pseudonym} stands where their id stood.",
        "What the billing system, backups and exports hold is not erased by this.",
    ]


COMMANDS: dict[str, Command] = {
    "app create": create_app,
    "app list": list_all_apps,
    "app domains": change_domains,
    "api-key create": create_api_key,
    "api-key revoke": revoke_api_key,
    "identity-key create": create_identity_key,
    "identity-key retire": retire_identity_key,
    "operator link": operator_link,
    "connection save": save_connection,
    "sync": sync,
    "rotate-key": rotate_key,
    "backup": back_up,
    "explain": explain,
    **RUN_COMMANDS,
    "visitor erase": erase_visitor,
}
"""Everything that needs the house; the server runs them for whoever may open its socket."""
