"""What the shop's back end signs: its own session cookie, and who the visitor is for Standfast."""

import hmac
import time
from dataclasses import dataclass
from hashlib import sha256

from joserfc import jwt
from joserfc.jwk import OctKey

from demo.people import BY_KEY, Person
from demo.settings import AppKeys

COOKIE = "northwind_session"
TOKEN_SECONDS = 300


@dataclass(frozen=True)
class Sessions:
    """A session is the person's key and a mark that only the shop can make."""

    secret: str

    def cookie(self, person: Person | None) -> str:
        """A header's value; None ends the session."""
        value = f"{person.key}.{self._mark(person.key)}" if person else ""
        age = "" if person else "; Max-Age=0"
        return f"{COOKIE}={value}; Path=/; HttpOnly; SameSite=Lax{age}"

    def person(self, cookie: str | None) -> Person | None:
        key, _, mark = (cookie or "").partition(".")
        is_ours = hmac.compare_digest(mark.encode(), self._mark(key).encode())
        return BY_KEY.get(key) if is_ours else None

    def _mark(self, key: str) -> str:
        return hmac.new(self.secret.encode(), key.encode(), sha256).hexdigest()


def visitor_token(app: AppKeys, person: Person, chargify_id: int | None) -> str:
    """The person who is signed in, as Standfast shall know them for the next five minutes."""
    now = int(time.time())
    claims: dict[str, object] = {
        "aud": app.app_id,
        "sub": person.user_id,
        "iat": now,
        "exp": now + TOKEN_SECONDS,
    }
    if chargify_id is not None:
        claims["chargify_id"] = str(chargify_id)
    header = {"alg": "HS256", "kid": app.kid}
    return jwt.encode(header, claims, OctKey.import_key(app.secret))
