import base64
from pathlib import Path

import pytest
from sqlalchemy import select

from clocks import FrozenClock
from standfast.services import rotate_key
from standfast.services.manage_app import ManageApp
from standfast.services.rotate_key import RotateKey
from standfast.store.database import Database
from standfast.store.schema import apps, identity_keys
from standfast.store.vault import (
    KeyUnusable,
    Vault,
    broken_seals,
    new_key,
    read_key_file,
    read_keys,
)


class Killed(BaseException):
    """As if the process had been ended here."""


def _an_app_with_a_key(database: Database, vault: Vault) -> None:
    manage = ManageApp(database, vault, FrozenClock())
    app = manage.create("Acme", domains=("acme.io",))
    manage.create_identity_key(app.id)


def _blobs(database: Database) -> list[bytes]:
    with database.reading() as reader:
        columns = (apps.c.token_secret, identity_keys.c.secret)
        return [blob for one in columns for blob in reader.connection.scalars(select(one))]


def _broken(database: Database, data: Path) -> list[str]:
    with database.reading() as reader:
        return broken_seals(reader, Vault(read_key_file(data / "key")))


def test_after_a_rotation_only_the_new_key_opens_anything(database: Database, tmp_path) -> None:
    old = read_keys(tmp_path, None)
    vault = Vault(old)
    _an_app_with_a_key(database, vault)

    rotation = RotateKey(database, vault, data=tmp_path, variable=None).rotate()

    assert rotation.resealed == 2
    assert old[0] not in read_key_file(tmp_path / "key")
    assert _broken(database, tmp_path) == []
    assert not any(Vault(old).is_newest(blob) for blob in _blobs(database))


def test_the_running_vault_goes_on_after_a_rotation(database: Database, tmp_path) -> None:
    vault = Vault(read_keys(tmp_path, None))
    _an_app_with_a_key(database, vault)

    RotateKey(database, vault, data=tmp_path, variable=None).rotate()

    with database.reading() as reader:
        assert broken_seals(reader, vault) == []


@pytest.mark.parametrize("step", ["reseal_everything", "write_key_file"])
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_rotation_killed_in_the_middle_loses_nothing_and_can_be_finished(
    database: Database, tmp_path, monkeypatch, step: str, moment: str
) -> None:
    vault = Vault(read_keys(tmp_path, None))
    _an_app_with_a_key(database, vault)
    real = getattr(rotate_key, step)

    def killed(*args: object) -> None:
        if moment == "after":
            real(*args)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(rotate_key, step, killed)
        with pytest.raises(Killed):
            RotateKey(database, vault, data=tmp_path, variable=None).rotate()
    assert _broken(database, tmp_path) == []

    fresh = Vault(read_keys(tmp_path, None))
    RotateKey(database, fresh, data=tmp_path, variable=None).rotate()
    assert len(read_key_file(tmp_path / "key")) == 1
    assert _broken(database, tmp_path) == []


def test_a_rotation_killed_before_the_old_key_goes_leaves_both(
    database: Database, tmp_path, monkeypatch
) -> None:
    vault = Vault(read_keys(tmp_path, None))
    _an_app_with_a_key(database, vault)
    real, calls = rotate_key.write_key_file, []

    def killed_the_second_time(file: Path, keys: list[bytes]) -> None:
        calls.append(file)
        if len(calls) == 2:
            raise Killed
        real(file, keys)

    monkeypatch.setattr(rotate_key, "write_key_file", killed_the_second_time)
    with pytest.raises(Killed):
        RotateKey(database, vault, data=tmp_path, variable=None).rotate()

    assert len(read_key_file(tmp_path / "key")) == 2
    assert _broken(database, tmp_path) == []


def test_a_key_from_the_environment_is_rotated_by_putting_a_new_one_first(
    database: Database, tmp_path
) -> None:
    old, new = new_key(), new_key()
    vault = Vault([old])
    _an_app_with_a_key(database, vault)
    text = ",".join(base64.b64encode(key).decode() for key in (new, old))

    rotation = RotateKey(database, vault, data=tmp_path, variable=text).rotate()

    assert rotation.resealed == 2
    assert "STANDFAST_KEY" in rotation.advice
    with database.reading() as reader:
        assert broken_seals(reader, Vault([new])) == []


def test_one_key_in_the_environment_cannot_be_rotated_and_says_how(
    database: Database, tmp_path
) -> None:
    key = new_key()
    rotate = RotateKey(
        database, Vault([key]), data=tmp_path, variable=base64.b64encode(key).decode()
    )

    with pytest.raises(KeyUnusable, match="before it"):
        rotate.rotate()
