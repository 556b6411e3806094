"""What a visitor did and is, in words: deeds, gates, sources."""

import re
from dataclasses import dataclass
from datetime import datetime

from standfast.contract.records import Standing
from standfast.domain.decision import Explanation, GateVerdict, Verdict
from standfast.domain.gates import Gate
from standfast.domain.interaction import Kind
from standfast.domain.visitor import BillingIdSource
from standfast.services.read_visitors import Profile
from standfast.web.console.render import instant
from standfast.web.console.runs_words import ORIGINS, STATES

SOURCES = {
    BillingIdSource.TOKEN: "signed token",
    BillingIdSource.SERVER: "server API",
    BillingIdSource.CSV: "CSV import",
    BillingIdSource.AUTO_MAP: "auto-map by customer reference",
}
STANDINGS = {
    Standing.LIVE: "good",
    Standing.PROBLEM: "warn",
    Standing.ENDED: "neutral",
    Standing.PAUSED: "warn",
    Standing.WAITING: "info",
    Standing.UNKNOWN: "neutral",
}
DEEDS = {
    Kind.IMPRESSION: ("Was shown", "neutral", "eye"),
    Kind.STEP: ("Went on in", "neutral", "arrow-right"),
    Kind.ACCEPT: ("Accepted", "info", "check"),
    Kind.SECONDARY_ACCEPT: ("Took the second offer of", "info", "check"),
    Kind.DECLINE: ("Declined", "neutral", "cross"),
    Kind.DISMISS: ("Closed", "neutral", "cross"),
    Kind.TIMEOUT: ("Let pass", "neutral", "clock"),
    Kind.HOLDOUT: ("Was held out of", "neutral", "ban"),
}
GATES = {
    Gate.VISITOR: "Visitor",
    Gate.HOLDOUT: "Global holdout",
    Gate.STATUS: "State of the prompt",
    Gate.SCHEDULE: "Schedule",
    Gate.PLACE: "Page and device",
    Gate.SEGMENTS: "Segments",
    Gate.RE_SHOW: "Shown before",
    Gate.CAPS: "Frequency caps",
    Gate.LIMITS: "Limits and budget",
    Gate.OFFER: "Offer can be kept",
    Gate.EXPERIMENT: "Experiment",
    Gate.PRIORITY: "Priority",
}

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+\d\d:\d\d")


@dataclass(frozen=True)
class Happening:
    """One line of the timeline; `path` leads to a run or a prompt, behind /apps/{app}."""

    title: str
    at: datetime
    tone: str
    sign: str
    text: str = ""
    path: str = ""
    link: str = ""


def timeline(profile: Profile) -> list[Happening]:
    """Deeds and what came of them, the newest first."""
    found: list[Happening] = []
    for one in profile.deeds:
        title, tone, sign = DEEDS[one.kind]
        name = profile.prompts.get(one.prompt_id, one.prompt_id)
        refusal = (one.refusal or {}).get("message", "")
        found.append(
            Happening(
                title=f"{title} “{name}”",
                at=one.received_at,
                tone="bad" if refusal else tone,
                sign=sign,
                text=f"Nothing was started: {refusal}" if refusal else "",
                path=f"/prompts/{one.prompt_id}",
                link=f"version {one.version}",
            )
        )
    for run in profile.runs:
        words = STATES[run.state]
        action = run.action.replace("_", " ")
        began = f" ({ORIGINS[run.origin].lower()})" if ORIGINS[run.origin] else ""
        found.append(
            Happening(
                title=f"{action[:1].upper()}{action[1:]}: {words.label.lower()}{began}",
                at=run.finished_at or run.created_at,
                tone=words.tone,
                sign=words.sign,
                text=run.message,
                path=f"/runs/{run.id}",
                link="the run",
            )
        )
    return sorted(found, key=lambda one: one.at, reverse=True)


def in_zone(text: str, zone: str) -> str:
    """A gate's words with its instants as people read them."""
    return _INSTANT.sub(lambda found: instant(datetime.fromisoformat(found[0]), zone), text)


def first_closed(explanation: Explanation) -> GateVerdict | None:
    """The gate that hides the prompt."""
    return next((one for one in explanation.gates if one.verdict is Verdict.FAILED), None)
