"""Keeps what happened at the simulated billing site, which itself forgets when it ends.

The site is grown from the same seed at the same (frozen) instant as the first time, and every
request that had an effect is made again at its own instant. Ids depend on the order alone, so the
same ones come out, and what has become due meanwhile happens when the clock is let go.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import httpx2

MASK = "***"
TEST_CARD = {"full_number": "1", "cvv": "123"}
"""What the simulator's log masks; the demo knows one card only, the one that pays."""


class SiteDiffers(Exception):
    """The billing site cannot be brought back: this version grows another one from its seed."""


class BillingMemory:
    """One line of JSON for the seed, then one for each request with an effect."""

    def __init__(self, path: Path, site: httpx2.Client) -> None:
        self._path = path
        self._site = site
        self._seen = 0
        self._offset = 0.0

    def begin(self) -> datetime:
        """A new site; the instant it was grown at."""
        seeded_at = datetime.now(UTC).replace(microsecond=0)
        self._sow(seeded_at)
        self._path.write_text(json.dumps({"seeded_at": seeded_at.isoformat()}) + "\n")
        self._path.chmod(0o600)
        self.catch_up()
        return seeded_at

    def restore(self) -> None:
        """The site as it was, plus the time that has passed since. Raises `SiteDiffers`."""
        first, *rest = [json.loads(line) for line in self._path.read_text().splitlines()]
        self._sow(datetime.fromisoformat(first["seeded_at"]))
        for one in rest:
            if "offset_seconds" in one:
                self._offset = one["offset_seconds"]
            else:
                self._repeat(one)
        self._control("PUT", "clock", {"frozen_at": None, "offset_seconds": self._offset})
        self.catch_up()

    def catch_up(self) -> None:
        """What is in the log by now need not be saved."""
        self._seen = self._control("GET", "stats")["requests"]

    def save(self) -> None:
        """Append what had an effect since the last time, and where the clock was moved to."""
        lines = [
            {key: entry[key] for key in ("at", "method", "path", "query", "body", "status")}
            for entry in self._new_entries()
            if entry["effect"]
        ]
        offset = self._control("GET", "clock")["offset_seconds"]
        if offset != self._offset:
            self._offset = offset
            lines.append({"offset_seconds": offset})
        if lines:
            with self._path.open("a") as file:
                file.writelines(json.dumps(line) + "\n" for line in lines)

    def save_if_it_answers(self) -> None:
        """The last time; a site that is gone has nothing more to tell."""
        with suppress(httpx2.HTTPError):
            self.save()

    def at(self, moment: datetime | None) -> None:
        """Let the site's clock stand at that moment; None lets it go."""
        frozen_at = moment.isoformat() if moment else None
        self._control("PUT", "clock", {"frozen_at": frozen_at})

    def _sow(self, moment: datetime) -> None:
        self._control("PUT", "clock", {"frozen_at": moment.isoformat(), "offset_seconds": 0})
        self._control("POST", "seed", {"name": "lived-in"})

    def _repeat(self, one: Mapping[str, Any]) -> None:
        self.at(datetime.fromisoformat(one["at"]))
        path = f"{one['path']}?{one['query']}" if one["query"] else one["path"]
        answer = self._site.request(one["method"], path, json=unmasked(one["body"]))
        if one["status"] is not None and answer.status_code != one["status"]:
            raise SiteDiffers(f"{one['method']} {one['path']} answered {answer.status_code}")

    def _new_entries(self) -> list[dict[str, Any]]:
        """In order; one that is not finished yet is left for the next time, with all after it."""
        entries = self._control("GET", f"requests?since={self._seen}")["requests"]
        finished: list[dict[str, Any]] = []
        for entry in entries:
            if not entry["finished"]:
                break
            finished.append(entry)
            self._seen = entry["n"]
        return finished

    def _control(self, method: str, name: str, body: object = None) -> Any:
        answer = self._site.request(method, f"/_control/{name}", json=body)
        answer.raise_for_status()
        return answer.json()


def unmasked(value: object) -> object:
    """A logged body with the demo's card in the places that the log masks."""
    if isinstance(value, dict):
        fields = cast("dict[str, object]", value)
        return {
            name: TEST_CARD.get(name, "1") if part == MASK else unmasked(part)
            for name, part in fields.items()
        }
    if isinstance(value, list):
        return [unmasked(part) for part in cast("list[object]", value)]
    return value
