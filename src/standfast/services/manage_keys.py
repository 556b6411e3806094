"""The keys of an app, as its administrators see and change them."""

from dataclasses import dataclass

from standfast.clock import Clock
from standfast.domain.roles import Permission
from standfast.services.errors import FieldInvalid
from standfast.services.manage_app import ManageApp, NewIdentityKey
from standfast.services.permissions import Actor, allow
from standfast.services.write_audit import write_audit
from standfast.store.database import Database
from standfast.store.keys import Algorithm, ApiKeyRow, IdentityKeyRow
from standfast.store.vault import Secret


@dataclass(frozen=True)
class Keys:
    """The valid ones, without their secrets."""

    api_keys: tuple[ApiKeyRow, ...]
    identity_keys: tuple[IdentityKeyRow, ...]


class ManageKeys:
    def __init__(self, database: Database, manage_app: ManageApp, clock: Clock) -> None:
        self._database = database
        self._manage_app = manage_app
        self._clock = clock

    def list(self, actor: Actor, app_id: str) -> Keys:
        """Raises `Forbidden`."""
        allow(actor, Permission.CHANGE_APP, app_id)
        api_keys = self._manage_app.list_api_keys(app_id)
        return Keys(
            tuple(key for key in api_keys if key.revoked_at is None),
            self._manage_app.list_identity_keys(app_id),
        )

    def create_api_key(self, actor: Actor, app_id: str, *, label: str) -> Secret:
        """The key, which is never shown again. Raises `Forbidden`, `FieldInvalid` on label."""
        label = label.strip()
        if label in {key.label for key in self.list(actor, app_id).api_keys}:
            raise FieldInvalid("A valid key has this name already. Choose another.", field="label")
        secret = self._manage_app.create_api_key(app_id, label=label)
        self._note(actor, "api_key.created", label, app_id)
        return secret

    def revoke_api_key(self, actor: Actor, app_id: str, *, label: str) -> None:
        """Refused from this moment on. Raises `Forbidden`, `NotFound`."""
        allow(actor, Permission.CHANGE_APP, app_id)
        self._manage_app.revoke_api_key(app_id, label=label)
        self._note(actor, "api_key.revoked", label, app_id)

    def create_identity_key(
        self, actor: Actor, app_id: str, *, algorithm: Algorithm, public_key: str | None
    ) -> NewIdentityKey:
        """Raises `Forbidden`, `FieldInvalid` on public_key, `NotNow` when two are valid."""
        allow(actor, Permission.CHANGE_APP, app_id)
        key = self._manage_app.create_identity_key(
            app_id, algorithm=algorithm, public_key=public_key
        )
        self._note(actor, "identity_key.created", key.kid, app_id)
        return key

    def retire_identity_key(self, actor: Actor, app_id: str, kid: str) -> None:
        """Raises `Forbidden`, `NotFound`."""
        allow(actor, Permission.CHANGE_APP, app_id)
        self._manage_app.retire_identity_key(app_id, kid)
        self._note(actor, "identity_key.retired", kid, app_id)

    def _note(self, actor: Actor, deed: str, subject: str, app_id: str) -> None:
        with self._database.writing() as transaction:
            write_audit(transaction, actor, deed, subject, at=self._clock.now(), app_id=app_id)
