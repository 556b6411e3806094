"""The console's four cookies: the session, a visit before it, what is said next, the theme."""

import hashlib
import hmac
import re
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

import msgspec
from litestar.datastructures import Cookie

LONGEST_SESSION = timedelta(days=14)
THEME_LASTS = timedelta(days=400)
SAID_LASTS_SECONDS = 60

_TOKEN = re.compile(r"[A-Za-z0-9_-]{20,100}")


class Theme(StrEnum):
    AUTO = "auto"
    """As the system says."""
    LIGHT = "light"
    DARK = "dark"


class Said(msgspec.Struct, frozen=True):
    """One sentence for the next page."""

    text: str
    is_problem: bool = False


@dataclass(frozen=True)
class Cookies:
    """Names and flags. `__Host-` binds a cookie to this very host, but needs https."""

    is_secure: bool

    @property
    def session(self) -> str:
        return self._named("session")

    @property
    def guest(self) -> str:
        return self._named("guest")

    @property
    def said(self) -> str:
        return self._named("said")

    @property
    def theme(self) -> str:
        return self._named("theme")

    def make(self, name: str, value: str, *, seconds: int | None = None) -> Cookie:
        return Cookie(
            key=name,
            value=value,
            path="/",
            httponly=True,
            secure=self.is_secure,
            samesite="lax",
            max_age=seconds,
        )

    def drop(self, name: str) -> Cookie:
        return self.make(name, "", seconds=0)

    def begin_session(self, token: str) -> list[Cookie]:
        seconds = int(LONGEST_SESSION.total_seconds())
        return [self.make(self.session, token, seconds=seconds), self.drop(self.guest)]

    def say(self, key: str, said: Said) -> Cookie:
        body = urlsafe_b64encode(msgspec.json.encode(said)).decode().rstrip("=")
        value = f"{body}.{_signature(key, body)}"
        return self.make(self.said, value, seconds=SAID_LASTS_SECONDS)

    def heard(self, key: str, cookies: Mapping[str, str]) -> Said | None:
        """What the former page had to say; None when nobody, or a stranger, says it."""
        body, _, signature = cookies.get(self.said, "").partition(".")
        if not body or not hmac.compare_digest(signature, _signature(key, body)):
            return None
        try:
            return msgspec.json.decode(urlsafe_b64decode(body + "=" * (-len(body) % 4)), type=Said)
        except (ValueError, msgspec.MsgspecError):
            return None

    def _named(self, name: str) -> str:
        return f"__Host-standfast-{name}" if self.is_secure else f"standfast-{name}"


def token_in(cookies: Mapping[str, str], name: str) -> str | None:
    value = cookies.get(name, "")
    return value if _TOKEN.fullmatch(value) else None


def new_guest() -> str:
    return secrets.token_urlsafe(24)


def csrf_token(key: str) -> str:
    """Bound to the session (or to the visit before it); nobody else can know it."""
    return hashlib.sha256(f"csrf:{key}".encode()).hexdigest()


def theme_in(cookies: Mapping[str, str], name: str) -> Theme:
    value = cookies.get(name, "")
    return Theme(value) if value in {one.value for one in Theme} else Theme.AUTO


def _signature(key: str, body: str) -> str:
    return hmac.digest(f"said:{key}".encode(), body.encode(), "sha256").hex()[:32]
