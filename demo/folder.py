"""Where the demo keeps what it needs for its next start."""

import shutil
from dataclasses import dataclass
from pathlib import Path

MARK = "this-is-a-standfast-demo"


class NotOurs(Exception):
    """The folder holds something else and is left alone."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} holds something that is no demo; it is left alone.")


@dataclass(frozen=True)
class Folder:
    """`remembered` is written when everything is set up: without it there is nothing to go on."""

    path: Path

    @property
    def standfast(self) -> Path:
        return self.path / "standfast"

    @property
    def remembered(self) -> Path:
        return self.path / "demo.json"

    @property
    def billing(self) -> Path:
        return self.path / "billing.jsonl"

    @property
    def shop(self) -> Path:
        return self.path / "shop.json"

    def log(self, name: str) -> Path:
        return self.path / f"{name}.log"

    def make(self, *, is_fresh: bool) -> None:
        """Empties it when it is to be fresh, or was left half made. Raises `NotOurs`."""
        is_empty = not self.path.exists() or not any(self.path.iterdir())
        if not is_empty and not (self.path / MARK).exists():
            raise NotOurs(self.path)
        if not is_empty and (is_fresh or not self.remembered.exists()):
            shutil.rmtree(self.path)
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        (self.path / MARK).touch()
