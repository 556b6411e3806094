"""What the administrator can set, read once from the environment."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path


class SettingInvalid(Exception):
    """An environment variable holds a value that cannot be used."""

    def __init__(self, name: str, problem: str) -> None:
        self.name = name
        super().__init__(f"{name}: {problem}")


@dataclass(frozen=True)
class Durations:
    """How long things may take, in seconds. Set any by STANDFAST_DURATIONS="name=value,...".

    The defaults are the product's promises; tests and rehearsals shorten them.
    """

    lease: float = 30.0
    """A worker that says nothing for so long has lost its run."""
    heartbeat: float = 10.0
    poll: float = 0.25
    """How often a worker looks for due runs when nobody wakes it."""
    seal: float = 1.0
    """How often what was finished is linked into the sealed chain."""
    accept_wait: float = 2.5
    """How long an accept waits for its result before it answers "pending"."""
    preview_wait: float = 10.0
    """How long a page waits for a price before it is told to ask again."""
    money_deadline: float = 3600.0
    """A run that charges or discounts fails when it could not be done so long after the click."""
    visitor_deadline: float = 86_400.0
    """How long a run waits for the visitor to act."""
    retry_first: float = 15.0
    retry_longest: float = 3600.0
    broken_pause: float = 60.0
    """How long a run waits before it looks whether a broken connection has been mended."""
    look_up_1: float = 5.0
    look_up_2: float = 30.0
    look_up_3: float = 120.0
    look_up_4: float = 600.0
    look_up_then: float = 3600.0
    doubt_limit: float = 86_400.0
    """After so long in doubt a person must find out."""
    absence_proof: float = 125.0
    """The vendor cuts a request at 120 s; absence seen later than this is final."""
    token_window: float = 3300.0
    """The vendor remembers a token for 60 minutes; after 55 we no longer rely on it."""
    credentials_window: float = 600.0
    """Three refused credentials within this time break the connection."""
    connect_timeout: float = 5.0
    read_timeout: float = 30.0
    charge_timeout: float = 125.0
    slot_patience: float = 20.0
    throttle_pause: float = 60.0
    decision_token: float = 86_400.0
    result_token: float = 86_400.0
    quote: float = 900.0
    """How long a price that was shown may be accepted."""
    webhook_deadline: float = 86_400.0
    """A webhook that could not be worked off for so long is given up; a sync brings the same."""
    catalogue_sync: float = 900.0
    records_sync: float = 3600.0

    @property
    def look_ups(self) -> tuple[float, ...]:
        return (self.look_up_1, self.look_up_2, self.look_up_3, self.look_up_4)


@dataclass(frozen=True)
class Settings:
    """Everything the environment decides."""

    data: Path = Path("data")
    """Where the embedded database, the key file, the lock and the socket live."""
    url: str = "http://127.0.0.1:8000"
    """How browsers and billing systems reach us."""
    database_url: str | None = None
    """A postgresql:// address, or None for the embedded database."""
    trusted_proxies: tuple[str, ...] = ()
    simulator_hosts: tuple[str, ...] = ()
    """host:port pairs that may be used as a billing site over plain http."""
    durations: Durations = field(default_factory=Durations)

    @property
    def is_embedded(self) -> bool:
        return self.database_url is None


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Raises `SettingInvalid` naming the variable and what it should hold."""
    database_url = environment.get("DATABASE_URL", "").strip() or None
    if database_url and not database_url.startswith(("postgresql://", "postgres://")):
        raise SettingInvalid(
            "DATABASE_URL",
            "must begin with postgresql:// (leave it unset for the embedded database)",
        )
    url = environment.get("STANDFAST_URL", Settings.url).strip().rstrip("/")
    if not url.startswith(("https://", "http://")):
        raise SettingInvalid("STANDFAST_URL", "must begin with https:// or http://")
    return Settings(
        data=Path(environment.get("STANDFAST_DATA", "data")).expanduser(),
        url=url,
        database_url=database_url,
        trusted_proxies=_words(environment.get("STANDFAST_TRUSTED_PROXIES", "")),
        simulator_hosts=_words(environment.get("STANDFAST_SIMULATOR_HOSTS", "")),
        durations=read_durations(environment.get("STANDFAST_DURATIONS", "")),
    )


def read_durations(text: str) -> Durations:
    """Durations with the named ones replaced: "lease=1,look_up_1=0.2"."""
    known = {one.name for one in fields(Durations)}
    changes: dict[str, float] = {}
    for pair in _words(text):
        name, _, value = pair.partition("=")
        if name not in known:
            raise SettingInvalid(
                "STANDFAST_DURATIONS",
                f"does not know {name!r}; it knows {', '.join(sorted(known))}",
            )
        changes[name] = _seconds(name, value)
    return replace(Durations(), **changes)


def _seconds(name: str, value: str) -> float:
    try:
        seconds = float(value)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < float("inf"):
        raise SettingInvalid(
            "STANDFAST_DURATIONS", f"{name} must be a number of seconds, got {value!r}"
        )
    return seconds


def _words(text: str) -> tuple[str, ...]:
    return tuple(word for word in text.replace(",", " ").split() if word)
