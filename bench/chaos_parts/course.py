"""One chaos run on one database, from the empty folder to the verdict."""

import json
import sys
import time
from collections import Counter
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

import httpx2

from chaos_parts.evidence import Ledger, TwinLog
from chaos_parts.house import AppKeys, Customer, add_customers, furnish, send_webhooks
from chaos_parts.judge import Evidence, Judge, Verdict
from chaos_parts.plan import Round, Window, draw
from chaos_parts.player import Kill, Played, Player
from chaos_parts.postgresql import running_postgresql
from chaos_parts.processes import Fleet, Program, running_fleet
from chaos_parts.surroundings import IN_FLIGHT, Scale, environment
from chaos_parts.visitor import Traffic
from chargify_simulator.testing import RunningSimulator

FINAL_SECONDS = 90.0
LOG_LINES = 40


@dataclass(frozen=True)
class Course:
    """What happened. `seconds` are those of the rounds alone, start and judgement apart."""

    rounds: Sequence[Played]
    kills: Sequence[Kill]
    traffic: Traffic
    verdict: Verdict
    calls: int
    most_in_flight: int
    faults_that_struck: int
    webhooks: tuple[int, int]
    seconds: float

    def troubles(self) -> Counter[str]:
        return Counter(str(one.round.trouble) for one in self.rounds if one.round.trouble)

    def kills_in(self, window: Window | None) -> int:
        return sum(kill.window is window for kill in self.kills)


def run_course(folder: Path, *, rounds: int, seed: int, scale: Scale, database: str) -> Course:
    drawn, spare = draw(rounds, seed)
    data = folder / "data"
    with ExitStack() as stack:
        url = stack.enter_context(running_postgresql()) if database == "postgresql" else None
        twin = stack.enter_context(running_twin(folder))
        customers = add_customers(twin, [*drawn, *spare])
        keys = furnish(data, url, twin)
        twin.control("DELETE", "requests")  # what was only preparation; the maxima too
        fleet = stack.enter_context(
            running_fleet(
                folder,
                data,
                environment(urlsplit(twin.url).netloc, url, scale.durations),
                webs=scale.webs,
                workers=scale.workers,
            )
        )
        send_webhooks(twin, [front.url + keys.hook for front in fleet.fronts], seed)
        player = _player(stack, fleet, twin, Ledger(data, url), keys, customers, scale)
        began = time.monotonic()
        played = _play(player, drawn, spare, scale)
        _follow_all(played, scale)
        seconds = time.monotonic() - began
        course = _judged(player, played, seconds)
    if course.verdict.complaints:
        _show(course, fleet.programs())
    return course


@contextmanager
def running_twin(folder: Path) -> Generator[RunningSimulator]:
    simulator = Program("simulator", "chargify-simulator", "serve", folder=folder, environment={})
    try:
        ready = json.loads(simulator.start())
        yield RunningSimulator(ready["url"], ready["subdomain"], ready["api_key"])
    finally:
        simulator.stop()


def _player(
    stack: ExitStack,
    fleet: Fleet,
    twin: RunningSimulator,
    ledger: Ledger,
    keys: AppKeys,
    customers: dict[int, Customer],
    scale: Scale,
) -> Player:
    limits = httpx2.Limits(max_connections=200, keepalive_expiry=2.0)
    client = stack.enter_context(httpx2.Client(limits=limits))
    fingers = stack.enter_context(ThreadPoolExecutor(4 * scale.at_once, "finger"))
    return Player(fleet, twin, TwinLog(twin), ledger, keys, customers, client, fingers)


def _play(player: Player, drawn: list[Round], spare: list[Round], scale: Scale) -> list[Played]:
    """All rounds there is time for, then further kills for windows that came short."""
    over_at = time.monotonic() + scale.seconds

    def play(one: Round) -> Played | None:
        return player.play(one) if time.monotonic() < over_at else None

    with ThreadPoolExecutor(scale.at_once, "round") as pool:
        played = [one for one in pool.map(play, drawn) if one is not None]
    for one in spare:
        wanted = 1 + len(player.kills) // 8  # a tenth of the kills at least, with room
        short = next((w for w in Window if _hits(player, w) < wanted), None)
        if short is None:
            break
        played.append(player.play(replace(one, kill=short)))
    return played


def _hits(player: Player, window: Window) -> int:
    return sum(kill.window is window for kill in player.kills)


def _follow_all(played: list[Played], scale: Scale) -> None:
    """Every visitor waits for the end of their click; whoever waits in vain is the judge's."""
    give_up_at = time.monotonic() + FINAL_SECONDS
    with ThreadPoolExecutor(scale.at_once, "follower") as pool:
        for one in played:
            for clicks in one.accepted.values():
                last = clicks[-1]
                if not last.is_settled and last.result_token is not None:
                    pool.submit(one.page.follow, last.result_token, give_up_at)


def _judged(player: Player, played: list[Played], seconds: float) -> Course:
    is_quiet = player.log.wait_until_quiet()
    runs = player.ledger.runs()
    evidence = Evidence(
        runs=runs,
        journals=player.ledger.journals(run.id for run in runs),
        effects=player.log.effects(),
        subscriptions=player.twin.state(),
    )
    verdict = Judge(evidence).judge(played)
    for text in player.traffic.answers_5xx:
        verdict.complain("answers_5xx", text)
    kills = ", ".join(f"{kill.at:%H:%M:%S.%f}" for kill in player.kills)
    for text in player.log.beyond(IN_FLIGHT):
        verdict.complain("in_flight_exceeded", f"{text}; the kills: {kills}")
    if not is_quiet:
        verdict.complain("accepted_lost", "the twin did not come to rest")
    return Course(
        rounds=played,
        kills=player.kills,
        traffic=player.traffic,
        verdict=verdict,
        calls=len(player.log.calls),
        most_in_flight=player.twin.stats()["max_in_flight"],
        faults_that_struck=player.log.faults_that_struck(),
        webhooks=player.ledger.webhooks(),
        seconds=seconds,
    )


def _show(course: Course, programs: list[Program]) -> None:
    for bar, text in course.verdict.complaints:
        print(f"{bar}: {text}", file=sys.stderr)
    for program in programs:
        lines = program.log.read_text(encoding="utf-8", errors="replace").splitlines()
        print(f"--- {program.name}, last lines", *lines[-LOG_LINES:], sep="\n", file=sys.stderr)
