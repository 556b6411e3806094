"""What the demo remembers between two starts, and what it hands to the shop's back end."""

import os
import secrets
from pathlib import Path
from typing import TypeVar

import msgspec

Kept = TypeVar("Kept")


class VendorKeys(msgspec.Struct, frozen=True):
    """Three keys of one billing site: Standfast's, the shop's, and the demo's own."""

    standfast: str
    shop: str
    demo: str

    @classmethod
    def new(cls) -> "VendorKeys":
        return cls(*(secrets.token_hex(16) for _ in range(3)))


class AppKeys(msgspec.Struct, frozen=True):
    """What Standfast gave to the app "Northwind Boards"."""

    app_id: str
    kid: str
    secret: str
    api_key: str


class Remembered(msgspec.Struct, frozen=True):
    """`customers`: the billing id of each person that billing knows."""

    vendor: VendorKeys
    app: AppKeys
    customers: dict[str, int]


class ShopSettings(msgspec.Struct, frozen=True):
    """All that the shop's back end needs; it has no other way to learn a secret."""

    url: str
    standfast_url: str
    vendor_url: str
    vendor_key: str
    app: AppKeys
    cookie_secret: str
    customers: dict[str, int]


def write_private(path: Path, value: object) -> None:
    """As JSON, for nobody else's eyes, and never half."""
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(value)))
    draft.replace(path)


def read_private(path: Path, kind: type[Kept]) -> Kept:
    return msgspec.json.decode(path.read_bytes(), type=kind)
