"""The desk at which a run makes its calls: every write is journalled before it is sent."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from standfast.clock import Clock
from standfast.connectors.redaction import redact
from standfast.connectors.transport import ReadOnlyTransport
from standfast.contract.records import CustomerBilling
from standfast.contract.transport import Answer, Call, Transport, WritingTransport
from standfast.domain.action_run import ActionRun
from standfast.domain.attempt_chain import EntryKind
from standfast.domain.run_transitions import open_intent
from standfast.store.database import Database
from standfast.store.runs import save_run


class Withheld(Exception):
    """A dry run has come to its write. Not a connector's business: it passes through."""


@dataclass
class LedgerDesk:
    """A `contract.actions.Desk` for one try of one run.

    `run` moves on with each write; `answer` and `billing` are what the outcome is stored with.
    """

    database: Database
    clock: Clock
    inner: WritingTransport
    run: ActionRun
    is_dry_run: bool = False
    withheld: dict[str, Any] | None = field(default=None, init=False)
    answer: dict[str, Any] | None = field(default=None, init=False)
    billing: CustomerBilling | None = field(default=None, init=False)

    @property
    def transport(self) -> Transport:
        return ReadOnlyTransport(self.inner)

    def write(
        self, call: Call, *, target: str | None, memo: Mapping[str, str] | None = None
    ) -> Answer:
        """Raises `LeaseLost` instead of sending when another worker has taken over.

        In a dry run, `Withheld`: `withheld` is what would have been sent.
        """
        if self.is_dry_run:
            self.withheld = redact(call)
            raise Withheld
        # From the intent the time is counted after which it can no longer take effect: no waiting
        # for a slot may come between it and the call.
        answer = self.inner.write(
            call, just_before=lambda: self._journal_intent(call, target, memo)
        )
        self.answer = redact(answer)
        return answer

    def learned(self, billing: CustomerBilling) -> None:
        self.billing = billing

    def _journal_intent(
        self, call: Call, target: str | None, memo: Mapping[str, str] | None
    ) -> None:
        now = self.clock.now()
        run = open_intent(self.run, target=target, memo=memo, now=now)
        body = {"call": redact(call), "target": run.target, "token_group": run.token_group}
        self.run = self.database.write_one(
            lambda transaction: save_run(
                transaction, run, EntryKind.INTENT, body, at=now, keep_lease=True
            )
        )
