"""One process per data folder."""

import fcntl
import os
from pathlib import Path

LOCK_FILE = "lock"


class DataFolderTaken(Exception):
    """Another process works in this data folder."""

    def __init__(self, data: Path, holder: str) -> None:
        self.data = data
        self.holder = holder
        super().__init__(
            f"Another Standfast process{holder} holds {data / LOCK_FILE}. One folder serves one "
            "process; to run several, use PostgreSQL (set DATABASE_URL)."
        )


class DataLock:
    """Held until the process ends, however it ends; the kernel sees to it."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._handle: int | None = None

    def take(self) -> None:
        """Raises `DataFolderTaken`."""
        self._data.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(self._data / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.read(handle, 32).decode(errors="replace").strip()
            os.close(handle)
            raise DataFolderTaken(self._data, f" ({holder})" if holder else "") from error
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"pid {os.getpid()}\n".encode(), 0)
        self._handle = handle

    def release(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
