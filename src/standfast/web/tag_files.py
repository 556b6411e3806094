"""The script on the customer's page, as it was built by `./run assets`."""

import gzip
import re
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

import msgspec

FOLDER: Final = "/tag/"
MINUTE = b"public, max-age=60, stale-while-revalidate=600"
FOR_EVER = b"public, max-age=31536000, immutable"
NOT_KEPT = b"no-store"
_HASHED = re.compile(r"(|extras-)[0-9a-f]{16}\.js")


class Manifest(msgspec.Struct, frozen=True):
    """The names of the built files; all but the loader's change with every byte in them."""

    loader: str
    extras: str
    main: str
    preview: str


@dataclass(frozen=True)
class TagFile:
    """`cache` is its Cache-Control."""

    plain: bytes
    compressed: bytes
    cache: bytes

    def body_for(self, accepted: str) -> tuple[bytes, list[tuple[bytes, bytes]]]:
        """What to send to a browser that accepts these encodings, with its headers."""
        headers = [
            (b"content-type", b"text/javascript; charset=utf-8"),
            (b"cache-control", self.cache),
            # A plain script of any page; it says nothing of who asks.
            (b"access-control-allow-origin", b"*"),
            (b"cross-origin-resource-policy", b"cross-origin"),
            (b"x-content-type-options", b"nosniff"),
            (b"vary", b"accept-encoding"),
        ]
        if "gzip" not in accepted:
            return self.plain, headers
        return self.compressed, [*headers, (b"content-encoding", b"gzip")]


class TagFiles:
    """Read once; a loader or main file kept by a browser may ask for files of an older release."""

    def __init__(self) -> None:
        folder = files("standfast.web").joinpath("static/tag")
        self.manifest = msgspec.json.decode(
            folder.joinpath("manifest.json").read_bytes(), type=Manifest
        )
        caches = {
            self.manifest.loader: MINUTE,
            self.manifest.extras: FOR_EVER,
            self.manifest.main: FOR_EVER,
            self.manifest.preview: FOR_EVER,
        }
        self._files = {
            name: _read(folder.joinpath(name).read_bytes(), cache) for name, cache in caches.items()
        }
        self._successors = {
            prefix: _read(self._files[name].plain, NOT_KEPT)
            for prefix, name in (("", self.manifest.main), ("extras-", self.manifest.extras))
        }

    @property
    def preview_path(self) -> str:
        """Where the console finds the code that draws a prompt without a network."""
        return FOLDER + self.manifest.preview

    def find(self, path: str) -> TagFile | None:
        """The file at /tag/<name>; for one of an older release, the present one."""
        name = path.removeprefix(FOLDER)
        found = self._files.get(name)
        older = _HASHED.fullmatch(name)
        return found or (self._successors[older[1]] if older else None)


def _read(plain: bytes, cache: bytes) -> TagFile:
    return TagFile(plain, gzip.compress(plain, 9, mtime=0), cache)
