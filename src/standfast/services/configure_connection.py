"""Creates, changes and checks an app's connection to a billing system."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import msgspec
import structlog

from standfast.clock import Clock
from standfast.config import Durations
from standfast.connectors.registry import Registry
from standfast.connectors.slots import Lane
from standfast.contract.connector import ConnectorSpec, SiteFacts
from standfast.contract.errors import SettingsRefused
from standfast.domain.roles import Permission
from standfast.domain.stopping import UnderWay, refuse_switched_off
from standfast.services.connection_health import note_good_answer
from standfast.services.errors import FieldInvalid, NotFound
from standfast.services.open_site import Sites, sealed_secrets, secrets_context
from standfast.services.permissions import Acting
from standfast.services.stop_runs import end_runs
from standfast.services.write_audit import write_audit
from standfast.store.billing import clear_fresh_billing, delete_unseen
from standfast.store.catalogue import retire_unseen_items
from standfast.store.connections import (
    ConnectionRow,
    Health,
    add_connection,
    find_connection,
    save_connection,
)
from standfast.store.database import Database, Transaction
from standfast.store.open_runs import lock_open_runs_of_connection
from standfast.store.syncs import What, add_schedules, request_sync
from standfast.store.vault import Vault

DEFAULT_IN_FLIGHT = 3

_log = structlog.get_logger()


@dataclass(frozen=True)
class Switched:
    """`refused`: the runs that were waiting, and those that may have happened and go on."""

    row: ConnectionRow
    refused: UnderWay


@dataclass(frozen=True)
class ConfigureConnection(Acting):
    """Nothing is saved that was not checked against the site first."""

    database: Database
    registry: Registry
    sites: Sites
    vault: Vault
    clock: Clock
    durations: Durations
    simulators: tuple[str, ...]

    def save(
        self,
        app_id: str,
        connector: str,
        settings: Mapping[str, str],
        *,
        in_flight: int = DEFAULT_IN_FLIGHT,
        is_active: bool = True,
    ) -> ConnectionRow:
        """The saved connection. A secret left out keeps its stored value.

        Raises `SettingsRefused` naming the fields, `CallFailed` when the site cannot be asked.
        """
        self._allow(Permission.USE_CONNECTIONS, app_id)
        spec = self.registry.get(connector).spec
        with self.database.reading() as reader:
            present = find_connection(reader, app_id, connector)
        merged = self._merged(spec, settings, present)
        _refuse_bad_limit(spec, in_flight)
        draft = self._draft(app_id, spec, merged, present)
        draft = replace(draft, in_flight=in_flight, is_active=is_active)
        checked = replace(draft, site=self._checked(draft))
        return self._store(checked, present)

    def switch(
        self,
        app_id: str,
        connector: str,
        *,
        is_active: bool | None = None,
        is_dry_run: bool | None = None,
    ) -> Switched:
        """Active off: no offer is shown, waiting runs are refused. Dry run on: nothing is written.

        What is None stays as it is.
        """
        self._allow(Permission.USE_CONNECTIONS, app_id)
        with self.database.writing() as transaction:
            present = find_connection(transaction, app_id, connector)
            if present is None:
                raise NotFound("This app has no such connection.")
            changed = replace(
                present,
                is_active=present.is_active if is_active is None else is_active,
                is_dry_run=present.is_dry_run if is_dry_run is None else is_dry_run,
                updated_at=self.clock.now(),
            )
            save_connection(transaction, changed)
            self._note(transaction, "connection.switched", present, changed)
            refused = UnderWay()
            if present.is_active and not changed.is_active:
                refused = self._refuse_waiting(transaction, changed)
        _log.info(
            "connection.switched",
            connection=present.id,
            is_active=changed.is_active,
            is_dry_run=changed.is_dry_run,
            refused=refused.waiting,
        )
        return Switched(changed, refused)

    def _refuse_waiting(self, transaction: Transaction, row: ConnectionRow) -> UnderWay:
        now = self.clock.now()
        return end_runs(
            transaction,
            lock_open_runs_of_connection(transaction, row.id),
            lambda run: refuse_switched_off(run, now=now),
            by=self.actor.name,
            why=f"The connection to {row.connector} was switched off.",
            now=now,
        )

    def _merged(
        self, spec: ConnectorSpec, settings: Mapping[str, str], present: ConnectionRow | None
    ) -> dict[str, str]:
        """What was given, over what is stored, over the defaults. Raises `SettingsRefused`."""
        known = {one.key for one in spec.settings}
        unknown = sorted(set(settings) - known)
        if unknown:
            raise SettingsRefused(dict.fromkeys(unknown, "This connector has no such setting."))
        stored = self._stored(present) if present else {}
        defaults = {one.key: one.default for one in spec.settings if one.default is not None}
        given = {key: value for key, value in settings.items() if value != "" or key not in stored}
        merged = {**defaults, **stored, **given}
        problems = {
            one.key: f"Enter the {one.label}."
            for one in spec.settings
            if one.required and not merged.get(one.key, "").strip()
        }
        problems |= {
            one.key: f"Choose one of {', '.join(choice.value for choice in one.choices)}."
            for one in spec.settings
            if one.choices
            and merged.get(one.key)
            and merged[one.key] not in {choice.value for choice in one.choices}
        }
        if problems:
            raise SettingsRefused(problems)
        return merged

    def _stored(self, present: ConnectionRow) -> dict[str, str]:
        sealed = self.vault.unseal(present.sealed, context=secrets_context(present.id))
        return {**present.settings, **msgspec.json.decode(sealed, type=dict[str, str])}

    def _draft(
        self,
        app_id: str,
        spec: ConnectorSpec,
        settings: Mapping[str, str],
        present: ConnectionRow | None,
    ) -> ConnectionRow:
        secret = {one.key for one in spec.settings if one.secret}
        connection_id = present.id if present else f"con_{secrets.token_hex(8)}"
        now = self.clock.now()
        return ConnectionRow(
            id=connection_id,
            app_id=app_id,
            connector=spec.key,
            settings={key: value for key, value in settings.items() if key not in secret},
            sealed=sealed_secrets(
                self.vault,
                connection_id,
                {key: value for key, value in settings.items() if key in secret},
            ),
            site=present.site if present else SiteFacts("", "", "", "", is_test=True),
            is_active=True,
            is_dry_run=present.is_dry_run if present else False,
            in_flight=DEFAULT_IN_FLIGHT,
            health=Health.OK,
            health_detail="",
            health_at=now,
            refused_at=(),
            created_at=present.created_at if present else now,
            updated_at=now,
        )

    def _checked(self, draft: ConnectionRow) -> SiteFacts:
        site = self.sites.open(draft, Lane.VISITOR)
        facts = site.connector.check(site.transport)
        is_simulator = any(host in site.settings.get("domain", "") for host in self.simulators)
        if is_simulator and not facts.is_test:
            raise SettingsRefused(
                {"domain": "A simulator must say that its site is in test mode; this one does not."}
            )
        return facts

    def _store(self, row: ConnectionRow, present: ConnectionRow | None) -> ConnectionRow:
        now = self.clock.now()
        with self.database.writing() as transaction:
            # Sealed again here: a key rotated since the check has resealed only what was stored.
            row = replace(row, sealed=self._resealed(row))
            self._note(transaction, "connection.saved", present, row)
            if present is None:
                add_connection(transaction, row)
                add_schedules(transaction, row.id, self._intervals(), now=now)
            else:
                note_good_answer(transaction, row.id, now=now)
                save_connection(transaction, row)
                if present.site.site_id != row.site.site_id:
                    clear_fresh_billing(transaction, row.id, before=now)
                request_sync(transaction, row.id, now=now)
        if present is not None and present.site.site_id != row.site.site_id:
            self._forget_other_site(row)
        _log.info("connection.saved", connection=row.id, site=row.site.site_id)
        return row

    def _note(
        self,
        transaction: Transaction,
        deed: str,
        before: ConnectionRow | None,
        after: ConnectionRow,
    ) -> None:
        write_audit(
            transaction, self.actor, deed, after.site.name, at=after.updated_at,
            app_id=after.app_id, before=_told(before), after=_told(after),
        )  # fmt: skip

    def _resealed(self, row: ConnectionRow) -> bytes:
        context = secrets_context(row.id)
        return self.vault.seal(self.vault.unseal(row.sealed, context=context), context=context)

    def _forget_other_site(self, row: ConnectionRow) -> None:
        """Ids of one site mean nothing at another: the mirror starts over."""
        with self.database.writing_mirror() as mirror:
            retire_unseen_items(mirror, row.id, pass_id="", at=self.clock.now())
            delete_unseen(mirror, row.id, pass_id="")

    def _intervals(self) -> dict[What, float]:
        return {
            What.CATALOGUE: self.durations.catalogue_sync,
            What.RECORDS: self.durations.records_sync,
        }


def _told(row: ConnectionRow | None) -> dict[str, Any]:
    """Without its secrets: that a key was entered anew is told by the deed alone."""
    if row is None:
        return {}
    return {
        "connector": row.connector,
        "settings": row.settings,
        "site": row.site.subdomain,
        "is_active": row.is_active,
        "is_dry_run": row.is_dry_run,
        "in_flight": row.in_flight,
    }


def _refuse_bad_limit(spec: ConnectorSpec, in_flight: int) -> None:
    if not 1 <= in_flight <= spec.in_flight:
        raise FieldInvalid(
            f"Requests in flight must be between 1 and {spec.in_flight}.", field="in_flight"
        )
