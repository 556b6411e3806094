"""The SaaS's side: its back end signs who is there, its page asks, shows and clicks."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx2
from joserfc import jwt
from joserfc.jwk import OctKey

PAGE = "https://shop.example/account"


@dataclass(frozen=True)
class CustomerApp:
    """`kid` and `secret` are the app's identity key; only the back end knows the secret."""

    client: httpx2.Client
    app_id: str
    kid: str
    secret: str
    api_key: str

    def identity(self, user_id: str, chargify_id: int) -> str:
        """What the back end hands to the page of a signed-in customer."""
        now = int(time.time())
        claims = {
            "aud": self.app_id,
            "sub": user_id,
            "iat": now,
            "exp": now + 600,
            "chargify_id": str(chargify_id),
        }
        header = {"alg": "HS256", "kid": self.kid}
        return jwt.encode(header, claims, OctKey.import_key(self.secret))

    def decide(self, identity: str) -> list[dict[str, Any]]:
        body = {"app": self.app_id, "identity": identity, "page": PAGE, "device": "desktop"}
        return self._post("/v1/decide", body)["prompts"]

    def accept(self, identity: str, prompt: Mapping[str, Any]) -> dict[str, Any]:
        """One click on the accept button; the answer waits a moment for the result."""
        clicked = {"token": prompt["token"], "kind": "accept", "step": prompt["steps"][0]["key"]}
        body = {"app": self.app_id, "identity": identity, "interactions": [clicked]}
        return self._post("/v1/interactions", body)["results"][0]

    def result(self, result_token: str, *, wait_ms: int) -> dict[str, Any]:
        return self._post("/v1/results", {"result_token": result_token, "wait_ms": wait_ms})

    def run(self, run_id: str) -> dict[str, Any]:
        """The run as the server API tells it, with its journal."""
        answer = self.client.get(
            f"/api/v1/apps/{self.app_id}/runs/{run_id}",
            headers={"Authorization": f"Bearer {self.api_key}"},
        )
        answer.raise_for_status()
        return answer.json()

    def _post(self, path: str, body: Mapping[str, object]) -> dict[str, Any]:
        answer = self.client.post(
            path, content=json.dumps(body), headers={"Content-Type": "text/plain"}
        )
        answer.raise_for_status()
        return answer.json()
