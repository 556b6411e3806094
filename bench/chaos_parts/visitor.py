"""A visitor's page: asks, clicks, and asks again until it is answered, as the tag does."""

import json
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx2
from joserfc import jwt
from joserfc.jwk import OctKey

from chaos_parts.house import AppKeys
from chaos_parts.processes import Front

PATIENCE_SECONDS = 60.0
ASK_AGAIN_SECONDS = 0.05
READY_AGAIN_SECONDS = 5.0
FOLLOW_MS = 5_000
HOPELESS_AFTER = 100
"""After so many answers 5xx the run is over: there is nothing more to learn."""
UNDER_WAY = frozenset({"accepted", "retrying", "unknown"})


class NeverAnswered(Exception):
    """Nobody answered within the visitor's patience."""


@dataclass(frozen=True)
class Clicked:
    """An accepted interaction; `at` is when its answer was here."""

    interaction: str
    runs: tuple[str, ...]
    is_settled: bool
    result_token: str | None
    at: datetime


@dataclass
class Traffic:
    """What the visitors saw of Standfast, over all rounds. The counts only inform."""

    deliveries: int = 0
    cut_by_us: int = 0
    refused_connections: int = 0
    answers_5xx: list[str] = field(default_factory=list[str])
    turned_away: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Page:
    """One signed-in visitor."""

    client: httpx2.Client
    fronts: Sequence[Front]
    keys: AppKeys
    user: str
    billing_id: int
    traffic: Traffic
    luck: random.Random

    def decide(self) -> dict[str, str]:
        """A fresh token for each prompt, by its step."""
        body = {**self._visitor(), "page": "https://shop.example/account", "device": "desktop"}
        found = self._ask("/v1/decide", body)
        return {one["steps"][0]["key"]: one["token"] for one in found["prompts"]}

    def accept(self, clicks: Mapping[str, str]) -> dict[str, Clicked]:
        """Click these (token by step) in one report, until it is answered; what was accepted."""
        self.traffic.deliveries += 1
        return self._taken(clicks, self._ask("/v1/interactions", self._report(clicks)))

    def accept_or_leave(
        self, clicks: Mapping[str, str], after_seconds: float
    ) -> dict[str, Clicked]:
        """Click, and cut the connection unless the answer is here so soon."""
        self.traffic.deliveries += 1
        timeout = httpx2.Timeout(5.0, read=after_seconds)
        front = self.luck.choice(self.fronts)
        try:
            answer = self._send(front, "/v1/interactions", self._report(clicks), timeout)
        except httpx2.TransportError:
            self.traffic.cut_by_us += 1
            return {}
        return self._taken(clicks, answer.json()) if answer.is_success else {}

    def _taken(self, clicks: Mapping[str, str], found: Mapping[str, Any]) -> dict[str, Clicked]:
        at = datetime.now(UTC)
        answered = zip(clicks, found["results"], strict=True)
        return {step: _clicked(one, at) for step, one in answered if self._is_taken(one)}

    def follow(self, result_token: str, give_up_at: float) -> bool:
        """Whether all runs of the click were final before `give_up_at` (monotonic)."""
        while time.monotonic() < give_up_at:
            body = {"result_token": result_token, "wait_ms": FOLLOW_MS}
            if _is_settled(self._ask("/v1/results", body)["runs"]):
                return True
        return False

    def _ask(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        give_up_at = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < give_up_at:
            front = self.luck.choice(self.fronts)
            front.ready.wait(timeout=READY_AGAIN_SECONDS)
            if front.failure:
                raise NeverAnswered(front.failure)
            if len(self.traffic.answers_5xx) >= HOPELESS_AFTER:
                raise NeverAnswered("too many answers said that Standfast had failed")
            try:
                answer = self._send(front, path, body, httpx2.Timeout(15.0))
            except httpx2.TransportError:
                self.traffic.refused_connections += 1
                front.notice_death()
            else:
                if answer.is_success:
                    return answer.json()
                if answer.status_code < 500:
                    self.traffic.turned_away.append(f"{path} {answer.status_code} {answer.text}")
                    raise NeverAnswered(self.traffic.turned_away[-1])
                self.traffic.answers_5xx.append(f"{path} {answer.status_code} {answer.text}")
            time.sleep(ASK_AGAIN_SECONDS)
        raise NeverAnswered(f"{self.user}: {path} was not answered in {PATIENCE_SECONDS:.0f} s")

    def _send(
        self, front: Front, path: str, body: dict[str, Any], timeout: httpx2.Timeout
    ) -> httpx2.Response:
        headers = {"Content-Type": "text/plain"}
        return self.client.post(
            front.url + path, content=json.dumps(body), headers=headers, timeout=timeout
        )

    def _is_taken(self, result: dict[str, Any]) -> bool:
        if result.get("interaction") and not result.get("refusal"):
            return True
        self.traffic.turned_away.append(f"{self.user}: {json.dumps(result)}")
        return False

    def _report(self, clicks: Mapping[str, str]) -> dict[str, Any]:
        told = [{"token": token, "kind": "accept", "step": step} for step, token in clicks.items()]
        return {**self._visitor(), "interactions": told}

    def _visitor(self) -> dict[str, str]:
        now = int(time.time())
        claims = {
            "aud": self.keys.app_id,
            "sub": self.user,
            "iat": now,
            "exp": now + 600,
            "chargify_id": str(self.billing_id),
        }
        header = {"alg": "HS256", "kid": self.keys.kid}
        token = jwt.encode(header, claims, OctKey.import_key(self.keys.secret))
        return {"app": self.keys.app_id, "identity": token}


def _clicked(result: dict[str, Any], at: datetime) -> Clicked:
    runs = result["runs"]
    ids = tuple(run["id"] for run in runs)
    return Clicked(result["interaction"], ids, _is_settled(runs), result["result_token"], at)


def _is_settled(runs: list[dict[str, Any]]) -> bool:
    return all(run["state"] not in UNDER_WAY for run in runs)
