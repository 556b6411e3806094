"""A desk without a ledger behind it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from standfast.contract.records import CustomerBilling
from standfast.contract.transport import Answer, Call, Transport


@dataclass(frozen=True)
class Written:
    """One write a connector asked for, what it said it would write to, and how that stood."""

    call: Call
    target: str | None
    memo: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass
class ReadingTransport:
    """Passes reads on and refuses everything else, as the ledger's desk does."""

    inner: Transport

    def send(self, call: Call) -> Answer:
        if not call.is_read:
            raise AssertionError(f"a connector must write through its desk, not {call.method}")
        return self.inner.send(call)


@dataclass
class RecordingDesk:
    """A `Desk` that remembers what was written and learned, for a test to look at."""

    to: Transport
    written: list[Written] = field(default_factory=list[Written])
    billings: list[CustomerBilling] = field(default_factory=list[CustomerBilling])

    @property
    def transport(self) -> Transport:
        return ReadingTransport(self.to)

    def write(
        self, call: Call, *, target: str | None, memo: Mapping[str, str] | None = None
    ) -> Answer:
        self.written.append(Written(call, target, dict(memo or {})))
        return self.to.send(call)

    def learned(self, billing: CustomerBilling) -> None:
        self.billings.append(billing)

    @property
    def target(self) -> str | None:
        """What a later look-up would be given: the last target written to."""
        return next((one.target for one in reversed(self.written) if one.target), None)

    @property
    def memo(self) -> Mapping[str, str]:
        """What a later look-up would be given: the first memo."""
        noted: list[Mapping[str, str]] = [one.memo for one in self.written if one.memo]
        return noted[0] if noted else {}
