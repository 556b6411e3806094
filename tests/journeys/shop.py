"""The SaaS: its back end signs who is there, its page asks, shows and clicks."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import httpx2
from joserfc import jwt
from joserfc.jwk import OctKey

from journeys.billing_site import Customer
from standfast.clock import Clock

ORIGIN = "https://shop.example"
PAGE = f"{ORIGIN}/account"
PATIENCE_MS = 10_000


@dataclass(frozen=True)
class Shop:
    """`kid` and `secret` are the app's identity key; `api_key` opens the server API."""

    client: httpx2.Client
    clock: Clock
    app: str
    kid: str
    secret: str
    api_key: str

    def at(self, client: httpx2.Client) -> "Shop":
        """The same shop after Standfast has moved to another address."""
        return replace(self, client=client)

    def forging(self) -> "Shop":
        """Somebody who knows everything but the secret."""
        return replace(self, secret="the secret of somebody else, long enough")

    def identity(self, who: Customer | str, **claims: object) -> str:
        """A customer's token names their own chargify_id; a bare user's names none."""
        now = int(self.clock.now().timestamp())
        own = {"chargify_id": str(who.id)} if isinstance(who, Customer) else {}
        user = who.user if isinstance(who, Customer) else who
        said = {"aud": self.app, "sub": user, "iat": now, "exp": now + 600, **own, **claims}
        header = {"alg": "HS256", "kid": self.kid}
        return jwt.encode(header, said, OctKey.import_key(self.secret))

    def decide(self, identity: str | None, **more: object) -> dict[str, Any]:
        """`identity` None: an anonymous browser."""
        return _good(self.asked("/v1/decide", self._who(identity), page=PAGE, **more))

    def shown(self, identity: str | None, **more: object) -> list[str]:
        """The titles of the prompts, by priority."""
        return [one["steps"][0]["title"] for one in self.decide(identity, **more)["prompts"]]

    def click(self, identity: str | None, prompt: Mapping[str, Any], kind: str = "accept") -> Any:
        """The answer to one click."""
        (result,) = _good(self.clicked(identity, prompt["token"], kind))["results"]
        return result

    def clicked(
        self, identity: str | None, token: str, kind: str = "accept", **more: object
    ) -> httpx2.Response:
        deed = {"token": token, "kind": kind, "step": "offer", **more}
        return self.asked("/v1/interactions", self._who(identity), interactions=[deed])

    def follow(self, result: Mapping[str, Any], *, wait_ms: int = PATIENCE_MS) -> Any:
        """What became of a click, given time."""
        body = {"result_token": result["result_token"], "wait_ms": wait_ms}
        return _good(self.asked("/v1/results", body))

    def run(self, result: Mapping[str, Any], position: int = 0) -> dict[str, Any]:
        """A run of this click with its journal, as the shop's back end may read it."""
        return self.server("GET", f"runs/{result['runs'][position]['id']}")

    def explain(self, who: Customer, **more: object) -> dict[str, dict[str, str]]:
        """The gates of the only prompt: {gate: its verdict, condition and actual value}.

        The back end has no token to show, so it stores the chargify_id first.
        """
        self.save_visitor(who.user, chargify_id=who.id)
        body = {"user_id": who.user, "page": PAGE, **more}
        (told,) = self.server("POST", "explain", body)["prompts"]
        return {one["gate"]: one for one in told["gates"]}

    def save_visitor(self, user: str, **traits: object) -> dict[str, Any]:
        return self.server("PUT", f"visitors/{user}", {"traits": traits})

    def server(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        headers = {"authorization": f"Bearer {self.api_key}"}
        return _good(
            self.client.request(
                method, f"/api/v1/apps/{self.app}/{path}", json=body, headers=headers
            )
        )

    def asked(self, path: str, body: Mapping[str, object], **more: object) -> httpx2.Response:
        """As the tag sends it: JSON as plain text, from the app's own page."""
        headers = {"content-type": "text/plain", "origin": ORIGIN}
        return self.client.post(path, content=json.dumps({**body, **more}), headers=headers)

    def _who(self, identity: str | None) -> dict[str, object]:
        who = {"anonymous_id": "browser-1"} if identity is None else {"identity": identity}
        return {"app": self.app, **who}


def _good(answer: httpx2.Response) -> dict[str, Any]:
    assert answer.is_success, answer.text
    return answer.json()


def state_of(result: Mapping[str, Any]) -> str:
    """Of a click that caused one run."""
    (run,) = result["runs"]
    return run["state"]
