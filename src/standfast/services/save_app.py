"""Adds an app and changes its settings."""

from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from standfast.clock import Clock
from standfast.services.errors import FieldInvalid, NotFound
from standfast.services.ids import new_id
from standfast.services.tokens import seal_new_token_secret
from standfast.services.write_snapshot import write_snapshot
from standfast.store.apps import AppRow, add_app, find_app, save_app_settings
from standfast.store.database import Database
from standfast.store.vault import Vault


class SaveApp:
    """An app's secret is made here and leaves the vault only to sign tokens."""

    def __init__(self, database: Database, vault: Vault, clock: Clock) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock

    def add(
        self,
        *,
        name: str,
        domains: tuple[str, ...] = (),
        time_zone: str = "UTC",
        holdout_percent: float = 0.0,
    ) -> AppRow:
        """The new app. Raises `FieldInvalid` naming the field."""
        app_id = new_id("app")
        origins = _checked(name, domains, time_zone, holdout_percent)
        row = AppRow(
            id=app_id,
            name=name.strip(),
            domains=origins,
            time_zone=time_zone,
            holdout_percent=holdout_percent,
            sealed_token_secret=seal_new_token_secret(self._vault, app_id),
            snapshot_hash=None,
            created_at=self._clock.now(),
        )
        with self._database.writing() as transaction:
            add_app(transaction, row)
            write_snapshot(transaction, app_id, now=row.created_at)
        return row

    def change(
        self,
        app_id: str,
        *,
        name: str,
        domains: tuple[str, ...],
        time_zone: str,
        holdout_percent: float,
    ) -> AppRow:
        """A changed holdout is live at once. Raises `FieldInvalid` or `NotFound`."""
        origins = _checked(name, domains, time_zone, holdout_percent)
        with self._database.writing() as transaction:
            save_app_settings(
                transaction,
                app_id,
                name=name.strip(),
                domains=origins,
                time_zone=time_zone,
                holdout_percent=holdout_percent,
            )
            write_snapshot(transaction, app_id, now=self._clock.now())
            row = find_app(transaction, app_id)
        if row is None:
            raise NotFound(f"There is no app {app_id}.")
        return row


def _checked(
    name: str, domains: tuple[str, ...], time_zone: str, holdout_percent: float
) -> tuple[str, ...]:
    if not name.strip():
        raise FieldInvalid("Give the app a name.", field="name")
    if not 0 <= holdout_percent <= 100:
        raise FieldInvalid("Choose 0 to 100 percent.", field="holdout_percent")
    try:
        ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        problem = "Choose a time zone like Europe/Berlin."
        raise FieldInvalid(problem, field="time_zone") from error
    return tuple(_origin(domain, f"domains[{place}]") for place, domain in enumerate(domains))


def _origin(domain: str, field: str) -> str:
    """As a browser names it: scheme, host and port, nothing else."""
    parts = urlsplit(domain.strip())
    is_bare = parts.path in {"", "/"} and not parts.query and not parts.fragment
    if parts.scheme not in {"http", "https"} or not parts.netloc or not is_bare:
        raise FieldInvalid("Write an origin like https://www.acme.io.", field=field)
    return f"{parts.scheme}://{parts.netloc}".lower()
