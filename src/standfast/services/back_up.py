"""A consistent copy of the embedded databases in one file, taken while they are in use."""

import os
import secrets
import sqlite3
import tarfile
import tempfile
from contextlib import closing
from pathlib import Path

from standfast.services.errors import FieldInvalid, NotNow

DATABASES = ("core.sqlite3", "mirror.sqlite3")
KEY = "key"


class BackUp:
    """`data` is the folder of the embedded databases."""

    def __init__(self, data: Path) -> None:
        self._data = data

    def write(self, to: Path, *, with_key: bool = False) -> Path:
        """A tar file that only its owner can read; nothing is overwritten.

        Raises `FieldInvalid` on the field to, `NotNow` when there is nothing to save.
        """
        if not (self._data / DATABASES[0]).exists():
            raise NotNow(f"There is no embedded database in {self._data}.")
        if to.exists():
            raise FieldInvalid(f"{to} exists already.", field="to")
        if not to.parent.is_dir():
            raise FieldInvalid(f"There is no folder {to.parent}.", field="to")
        beside = to.with_name(f".{to.name}.{secrets.token_hex(4)}")
        try:
            self._write(beside, with_key=with_key)
            os.link(beside, to)
        finally:
            beside.unlink(missing_ok=True)
        return to

    def _write(self, file: Path, *, with_key: bool) -> None:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with (
            os.fdopen(handle, "wb") as opened,
            tempfile.TemporaryDirectory(dir=file.parent) as folder,
        ):
            with tarfile.open(fileobj=opened, mode="w") as archive:
                for name in DATABASES:
                    _copy(self._data / name, Path(folder) / name)
                    archive.add(Path(folder) / name, arcname=name)
                if with_key and (self._data / KEY).exists():
                    archive.add(self._data / KEY, arcname=KEY)
            opened.flush()
            os.fsync(opened.fileno())


def _copy(source: Path, target: Path) -> None:
    """By SQLite's own backup, so that pages of one instant only come along."""
    address = f"file:{source.absolute().as_posix().replace('?', '%3f').replace('#', '%23')}?mode=ro"
    with (
        closing(sqlite3.connect(address, uri=True)) as reading,
        closing(sqlite3.connect(target)) as writing,
    ):
        reading.backup(writing)
        writing.execute("PRAGMA journal_mode=DELETE")
