"""Proves that nothing that was sealed has been changed since, or names the first row that was."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from standfast.clock import Clock
from standfast.domain.attempt_chain import Entry
from standfast.domain.audit_chain import (
    ATTEMPTS,
    BEGINNING,
    DEEDS,
    RUNS,
    SEALS,
    Flaw,
    Head,
    RunRows,
    Seal,
    SealKind,
    contradictions,
    flaw_of_deed,
    flaw_of_journal,
    flaw_of_link,
    flaw_of_run,
)
from standfast.domain.roles import Permission
from standfast.services.permissions import Acting
from standfast.store.audit import digest_of_row
from standfast.store.database import Database, Reader
from standfast.store.seal_keys import KnownKey, list_known_keys
from standfast.store.sealed_rows import read_deeds, read_runs
from standfast.store.seals import (
    count_unsealed,
    find_head,
    find_line_without_run,
    find_seal,
    list_deeds_without_seal,
    list_runs_without_seal,
    list_seals,
    list_seals_of,
    newest_seals,
)
from standfast.store.snapshots import find_broken_snapshot
from standfast.store.vault import Vault

BATCH = 500
GRACE = timedelta(seconds=60)
"""So long after it was finished may something still wait for its seal."""

Progress = Callable[[int, int], bool]
"""Told (seals verified, seals in all); False ends the walk."""


@dataclass(frozen=True)
class Verdict:
    """`flaw` is the first row that is not what was sealed. `seals` were verified, up to `head`.

    `is_complete`: every seal was looked at; otherwise only the first `seals` of them.
    """

    seals: int
    head: Head
    waiting: int
    flaw: Flaw | None = None
    is_complete: bool = True

    @property
    def holds(self) -> bool:
        return self.flaw is None and self.is_complete


@dataclass(frozen=True)
class ChainState:
    """Where the chain ends now, and how much waits for its seal."""

    head: Head
    last: Seal | None
    waiting: int
    keys: tuple[KnownKey, ...]


@dataclass(frozen=True)
class VerifyAudit(Acting):
    """Reads only, a batch at a time, and the database as it was at one moment."""

    database: Database
    vault: Vault | None
    clock: Clock

    def state(self, app_id: str | None = None) -> ChainState:
        """Raises `Forbidden`."""
        self._allow_audit(app_id)
        with self.database.reading() as reader:
            head = find_head(reader)
            keys = tuple(list_known_keys(reader, self.vault))
            return ChainState(head, find_seal(reader, head.n), count_unsealed(reader), keys)

    def whole(
        self,
        *,
        app_id: str | None = None,
        public_keys: Sequence[KnownKey] = (),
        noted: Head | None = None,
        progress: Progress | None = None,
    ) -> Verdict:
        """The whole chain and all it stands for, in the order of the seals.

        `public_keys`: believe these keys only. `noted`: a head that was written down earlier, which
        the chain must still go through. `app_id` is whose administrator asks. Raises `Forbidden`.
        """
        self._allow_audit(app_id)
        with self.database.reading_one_moment() as reader:
            return self.seen_by(reader, public_keys=public_keys, noted=noted, progress=progress)

    def seen_by(
        self,
        reader: Reader,
        *,
        public_keys: Sequence[KnownKey] = (),
        noted: Head | None = None,
        progress: Progress | None = None,
    ) -> Verdict:
        """The same for what this reader sees."""
        keys = public_keys or list_known_keys(reader, self.vault)
        walk = _Walk(reader, {one.id: one for one in keys}, self.clock, noted)
        return walk.verdict(progress or (lambda _done, _all: True))

    def of_subjects(self, reader: Reader, subjects: Sequence[str]) -> Flaw | None:
        """Whether these runs and entries alone are what their own seals say."""
        keys = {one.id: one for one in list_known_keys(reader, self.vault)}
        walk = _Walk(reader, keys, self.clock, None)
        return walk.flaw_among(list_seals_of(reader, subjects), is_whole_chain=False)

    def _allow_audit(self, app_id: str | None) -> None:
        self._allow(Permission.CHANGE_APP if app_id else Permission.CHANGE_COMPANY, app_id)


@dataclass
class _Walk:
    """One verification. `head` is how far it has come."""

    reader: Reader
    keys: dict[str, KnownKey]
    clock: Clock
    noted: Head | None
    head: Head = field(default=BEGINNING, init=False)

    def verdict(self, progress: Progress) -> Verdict:
        end, waiting = find_head(self.reader), count_unsealed(self.reader)
        flaw = next(self._flaws_of_keys(), None)
        while flaw is None:
            links = list_seals(self.reader, after=self.head.n, limit=BATCH)
            if not links:
                break
            flaw = self.flaw_among(links)
            if not progress(self.head.n, end.n) and flaw is None and self.head != end:
                return Verdict(self.head.n, self.head, waiting, is_complete=False)
        flaw = flaw or next(self._flaws_beside_the_chain(), None)
        return Verdict(self.head.n, self.head, waiting, flaw)

    def flaw_among(self, links: Sequence[Seal], *, is_whole_chain: bool = True) -> Flaw | None:
        """The first flaw of these seals and of what they stand for."""
        runs = [one.subject for one in links if one.kind == SealKind.RUN]
        deeds = [one.subject for one in links if one.kind == SealKind.DEED]
        newest = newest_seals(self.reader, [*runs, *deeds])
        rows = read_runs(self.reader, runs, journals=True)
        entries = read_deeds(self.reader, deeds)
        for one in links:
            before = self.head if is_whole_chain else Head(one.n - 1, one.previous_hash)
            flaw = flaw_of_link(one, before) or self._flaw_of_signature(one)
            if flaw is None and one.kind == SealKind.RUN:
                flaw = flaw_of_run(one, rows.get(one.subject), newest[one.subject])
            elif flaw is None:
                flaw = flaw_of_deed(one, entries.get(one.subject), newest[one.subject])
            if flaw is not None:
                return flaw
            self.head = Head(one.n, one.hash)
            if self.noted and self.noted.n == one.n and self.noted.hash != one.hash:
                return Flaw(SEALS, str(one.n), "hash: another one was noted for this seal")
        return None

    def _flaw_of_signature(self, seal: Seal) -> Flaw | None:
        key = self.keys.get(seal.key_id)
        if key is None:
            return Flaw(SEALS, str(seal.n), f"key_id: no key {seal.key_id} is known")
        if not key.has_signed(seal.hash, seal.signature):
            return Flaw(SEALS, str(seal.n), f"signature: key {key.id} did not sign this")
        return None

    def _flaws_of_keys(self) -> Iterator[Flaw]:
        for one in self.keys.values():
            if one.problem:
                yield Flaw("seal_keys", one.id, one.problem)

    def _flaws_beside_the_chain(self) -> Iterator[Flaw]:
        """What no seal can tell: what is gone from the chain's end, and what never came into it."""
        if self.noted and self.noted.n > self.head.n:
            told = f"n: it is gone; the chain ends at {self.head.n}, seal {self.noted.n} was noted"
            yield Flaw(SEALS, str(self.head.n + 1), told)
        yield from self._unsealed_runs()
        yield from self._unsealed_deeds()
        stray = find_line_without_run(self.reader)
        if stray is not None:
            yield Flaw(ATTEMPTS, f"{stray[0]} line {stray[1]}", "run_id: there is no such run")
        snapshot = find_broken_snapshot(self.reader)
        if snapshot is not None:
            yield Flaw("snapshots", snapshot, "body: it is not what its hash was made of")

    def _unsealed_runs(self) -> Iterator[Flaw]:
        after = ""
        while ids := list_runs_without_seal(self.reader, after=after, limit=BATCH):
            rows = read_runs(self.reader, ids, journals=True)
            sealed = newest_seals(self.reader, ids)
            yield from (
                flaw for one in ids if (flaw := self._flaw_of_unsealed(rows[one], sealed.get(one)))
            )
            after = ids[-1]

    def _flaw_of_unsealed(self, rows: RunRows, before: Seal | None) -> Flaw | None:
        run_id, lines = rows.run["id"], rows.entries
        flaw = flaw_of_journal(rows)
        if flaw is not None:
            return flaw
        differing = contradictions(rows)
        if differing:
            return Flaw(RUNS, run_id, f"{', '.join(differing)}: the journal says otherwise")
        if before is None and _is_bare(lines):
            return Flaw(ATTEMPTS, run_id, "body: it is gone, and no erasure was sealed")
        if rows.run["finished_at"] is not None and self._is_late(lines):
            return Flaw(RUNS, run_id, "it was finished more than 60 s ago and no seal holds it")
        return None

    def _unsealed_deeds(self) -> Iterator[Flaw]:
        after = ""
        while found := list_deeds_without_seal(self.reader, after=after, limit=BATCH):
            rows = read_deeds(self.reader, [key for key, _at in found])
            for key, at in found:
                if digest_of_row(rows[key]) != rows[key]["digest"]:
                    yield Flaw(DEEDS, key, "digest: the entry does not say what it was made of")
                if self.clock.now() - at > GRACE:
                    yield Flaw(DEEDS, key, "it was made more than 60 s ago and no seal holds it")
            after = found[-1][0]

    def _is_late(self, lines: Iterable[Entry]) -> bool:
        return all(self.clock.now() - one.at > GRACE for one in lines)


def _is_bare(lines: Iterable[Entry]) -> bool:
    return any(one.body is None or not one.salt for one in lines)
