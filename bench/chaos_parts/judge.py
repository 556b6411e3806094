"""Compares what Standfast says with what the twin did. Every complaint is one line."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from chaos_parts.evidence import FINAL_STATES
from chaos_parts.house import Customer
from chaos_parts.intents import INTENTS, Action
from chaos_parts.player import Played
from chaos_parts.troubles import write_call
from standfast.domain.action_run import ActionRun
from standfast.domain.attempt_chain import Entry, first_broken


@dataclass(frozen=True)
class Evidence:
    """`effects` are the twin's changing requests, `subscriptions` its state at the end."""

    runs: Sequence[ActionRun]
    journals: dict[str, list[Entry]]
    effects: dict[tuple[str, str, object], int]
    subscriptions: Sequence[dict[str, Any]]


@dataclass
class Verdict:
    """Complaints by the name of the bar they break."""

    complaints: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    states: Counter[str] = field(default_factory=Counter[str])

    def complain(self, bar: str, text: str) -> None:
        self.complaints.append((bar, text))

    def count(self, bar: str) -> int:
        return sum(name == bar for name, _ in self.complaints)


class Judge:
    """Looks at one intention after the other."""

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        self.verdict = Verdict()
        self._runs = {(run.user_id, run.action): run for run in evidence.runs}
        self._by_id = {one["id"]: one for one in evidence.subscriptions}
        self._by_customer: dict[int, list[dict[str, Any]]] = {}
        for one in evidence.subscriptions:
            self._by_customer.setdefault(one["customer_id"], []).append(one)

    def judge(self, rounds: Sequence[Played]) -> Verdict:
        for played in rounds:
            if played.failure:
                self.verdict.complain("never_answered", f"{played.round.user}: {played.failure}")
            for action in played.round.actions():
                self._judge_intention(played, action)
        self._judge_ledger(rounds)
        return self.verdict

    def _judge_intention(self, played: Played, action: Action) -> None:
        run = self._runs.get((played.round.user, INTENTS[action].key))
        who = f"{played.round.user} {action} (run {run.id if run else None})"
        times = self._times(action, played.customer)
        if times > 1:
            self.verdict.complain("effects_twice", f"{who}: {times} effects")
        self._judge_promise(played, action, run, who, has_effect=times > 0)
        if run is not None:
            self._judge_word(run, action, played.customer, who)

    def _judge_promise(
        self, played: Played, action: Action, run: ActionRun | None, who: str, *, has_effect: bool
    ) -> None:
        """An accepted intention has a final run, and its effect unless the card is bad."""
        answers = played.accepted.get(action, [])
        if len({(one.interaction, one.runs) for one in answers}) > 1:
            self.verdict.complain("deliveries_disagree", f"{who}: {answers}")
        if not answers:
            if not played.failure:
                self.verdict.complain("never_answered", f"{who}: turned away")
            return
        is_lost = run is None or (run.id,) != answers[0].runs or run.state not in FINAL_STATES
        if is_lost or (not played.round.is_declined and not has_effect):
            state = run.state if run else "absent"
            self.verdict.complain("accepted_lost", f"{who}: {state}, effect: {has_effect}")

    def _judge_word(self, run: ActionRun, action: Action, customer: Customer, who: str) -> None:
        """Succeeded means it is there, refused and failed that it is not."""
        there = self._subscription_with_effect(run, action, customer)
        says_so = run.state == "succeeded"
        is_named = there is None or not says_so or run.result.reference == str(there)
        if says_so != (there is not None) or not is_named:
            told = f"{who}: says {run.state} ({run.result.reference}), the twin has {there}"
            self.verdict.complain("ledger_differs_from_twin", told)

    def _judge_ledger(self, rounds: Sequence[Played]) -> None:
        users = {one.round.user for one in rounds}
        for run in self.evidence.runs:
            self.verdict.states[run.state] += 1
            if run.user_id not in users:
                self.verdict.complain("ledger_differs_from_twin", f"nobody asked for run {run.id}")
            broken = first_broken(self.evidence.journals[run.id])
            if broken is not None:
                told = f"run {run.id}: line {broken.n}"
                self.verdict.complain("audit_chain_broken", told)

    def _times(self, action: Action, customer: Customer) -> int:
        """How often the twin did it: by its log or by its state, whichever says more."""
        method, path = write_call(action, customer)
        buyer = customer.id if action is Action.CREATE else None
        return max(
            self.evidence.effects.get((method, path, buyer), 0), self._state(action, customer)
        )

    def _state(self, action: Action, customer: Customer) -> int:
        if action is Action.CREATE:
            return len(self._by_customer.get(customer.id, []))
        after = self._by_id[customer.subscription or 0]
        return INTENTS[action].times(customer.before, after)

    def _subscription_with_effect(
        self, run: ActionRun, action: Action, customer: Customer
    ) -> int | None:
        if action is Action.CREATE:
            own = self._by_customer.get(customer.id, [])
            return next((one["id"] for one in own if one["reference"] == f"sf-{run.id}"), None)
        return customer.subscription if self._state(action, customer) else None
