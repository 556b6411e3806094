"""Style sheets and scripts: read once, named by their content, kept by browsers for a year."""

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8"}
FOREVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True)
class Asset:
    body: bytes
    media_type: str
    hash: str


@cache
def assets() -> dict[str, Asset]:
    """Everything in static/ that a browser may load."""
    folder = files("standfast.web.console") / "static"
    found: dict[str, Asset] = {}
    for file in folder.iterdir():
        media_type = TYPES.get(file.name.rpartition(".")[2])
        if media_type:
            body = file.read_bytes()
            found[file.name] = Asset(body, media_type, hashlib.sha256(body).hexdigest()[:12])
    return found


def asset_path(name: str) -> str:
    """Raises `KeyError` for what is not built."""
    return f"/console/{assets()[name].hash}/{name}"
