"""Give the vault a new key without ever being without one."""

from dataclasses import dataclass
from pathlib import Path

from standfast.store.database import Database
from standfast.store.vault import (
    KEY_FILE,
    KEY_VARIABLE,
    KeyUnusable,
    Vault,
    new_key,
    read_key_file,
    read_keys,
    reseal_everything,
    write_key_file,
)


@dataclass(frozen=True)
class Rotation:
    """`advice` is what remains for the administrator to do, or empty."""

    resealed: int
    advice: str = ""


class RotateKey:
    """Three steps, each safe to be killed in; whoever runs it again finishes the work.

    The key file first holds both keys, then everything is sealed again in one transaction, and
    only then does the old key go.
    """

    def __init__(
        self, database: Database, vault: Vault, *, data: Path, variable: str | None
    ) -> None:
        self._database = database
        self._vault = vault
        self._data = data
        self._variable = variable

    def rotate(self) -> Rotation:
        """Raises `KeyUnusable` when STANDFAST_KEY does not yet hold the new key before the old."""
        if self._variable and self._variable.strip():
            return self._rotate_variable()
        return self._rotate_file(self._data / KEY_FILE)

    def _rotate_file(self, file: Path) -> Rotation:
        keys = [new_key(), *read_key_file(file)]
        write_key_file(file, keys)
        self._vault.use(keys)
        resealed = self._reseal()
        write_key_file(file, keys[:1])
        self._vault.use(keys[:1])
        return Rotation(resealed)

    def _rotate_variable(self) -> Rotation:
        keys = read_keys(self._data, self._variable)
        if len(keys) < 2:
            raise KeyUnusable(
                f"{KEY_VARIABLE} holds one key. Put a new one (openssl rand -base64 32) and a "
                "comma before it, restart every process, and run this again."
            )
        self._vault.use(keys)
        advice = f"Now take every key but the first out of {KEY_VARIABLE} and restart."
        return Rotation(self._reseal(), advice)

    def _reseal(self) -> int:
        """Until nothing is left: somebody may have been saving while we began."""
        total = 0
        while True:
            with self._database.writing() as transaction:
                resealed = reseal_everything(transaction, self._vault)
            if not resealed:
                return total
            total += resealed
