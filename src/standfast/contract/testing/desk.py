"""A desk without a ledger behind it."""

from dataclasses import dataclass, field

from standfast.contract.records import CustomerBilling
from standfast.contract.transport import Answer, Call, Method, Transport


@dataclass(frozen=True)
class Written:
    """One write a connector asked for, and what it said it would write to."""

    call: Call
    target: str | None


@dataclass
class ReadingTransport:
    """Passes reads on and refuses everything else, as the ledger's desk does."""

    inner: Transport

    def send(self, call: Call) -> Answer:
        if call.method is not Method.GET:
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

    def write(self, call: Call, *, target: str | None) -> Answer:
        self.written.append(Written(call, target))
        return self.to.send(call)

    def learned(self, billing: CustomerBilling) -> None:
        self.billings.append(billing)

    @property
    def target(self) -> str | None:
        """What a later look-up would be given: the last target written to."""
        return next((one.target for one in reversed(self.written) if one.target), None)
