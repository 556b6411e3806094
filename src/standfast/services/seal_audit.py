"""Links what is finished into the sealed chain, a little later than it finished."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

import msgspec
import structlog

from standfast.clock import Clock
from standfast.domain.audit_chain import (
    Head,
    Row,
    RunRows,
    Seal,
    SealKind,
    deed_texts,
    digests_of,
    link,
    shows_otherwise,
)
from standfast.store.database import Database, Reader, Transaction
from standfast.store.seal_keys import SigningKey, signing_key
from standfast.store.sealed_rows import read_deeds, read_runs, read_salts
from standfast.store.seals import (
    RunMovedOn,
    Unsealed,
    add_seals,
    find_head,
    list_unsealed,
    lock_chain,
    newest_seals,
)
from standfast.store.vault import Vault

BATCH = 50
"""So few at a time that no click waits for the sealer's transaction."""

_log = structlog.get_logger()


@dataclass(frozen=True)
class _Draft:
    """A seal without its place in the chain."""

    kind: SealKind
    subject: str
    digest: str
    facts: Mapping[str, str]
    is_erasure: bool = False


@dataclass
class SealAudit:
    """The sealer. Any number of processes may run one: the chain grows under a lock.

    Everything is worked out before the transaction begins; one that finds the chain longer than
    it was changes nothing, and the next round begins anew. So does one that follows a kill.
    """

    database: Database
    vault: Vault
    clock: Clock
    _key: SigningKey | None = field(default=None, init=False, repr=False)
    _refused: set[str] = field(default_factory=set[str], init=False, repr=False)

    def seal_due(self) -> bool:
        """Seal what waits, at most a batch; whether there was anything."""
        with self.database.reading_one_moment() as reader:  # another sealer may be at work
            waiting = list_unsealed(reader, limit=BATCH + len(self._refused))
            waiting = [one for one in waiting if one.subject not in self._refused]
            if not waiting:
                return False
            head, drafts = find_head(reader), self._drafts(reader, waiting)
        links = self._linked(drafts, head, self._signing_key())
        if links:
            self._write(links, head)
        return True

    def seal_erased(
        self, transaction: Transaction, *, runs: Sequence[str], deeds: Sequence[str]
    ) -> None:
        """Seal what is left of erased runs and entries, in the transaction that erases them.

        Only this makes seals of erasures: the sealer refuses what was emptied in another way.
        """
        lock_chain(transaction)
        rows, entries = read_runs(transaction, runs, journals=False), read_deeds(transaction, deeds)
        drafts = [_run_draft(rows[one], "", is_erasure=True) for one in runs]
        drafts += [_deed_draft(entries[one], is_erasure=True) for one in deeds]
        key = signing_key(transaction, self.vault, now=self.clock.now())
        add_seals(transaction, self._linked(drafts, find_head(transaction), key))

    def _drafts(self, reader: Reader, waiting: Sequence[Unsealed]) -> list[_Draft]:
        runs = [one.subject for one in waiting if one.kind is SealKind.RUN]
        deeds = [one.subject for one in waiting if one.kind is SealKind.DEED]
        newest = newest_seals(reader, [*runs, *deeds])
        salts, rows = read_salts(reader, runs), read_runs(reader, runs, journals=False)
        entries = read_deeds(reader, deeds)
        drafts: list[_Draft] = []
        for one in waiting:
            key, before = one.subject, newest.get(one.subject)
            if key in rows and rows[key].run["finished_at"] is None:
                continue  # it was taken up again this moment
            draft = None
            if key in rows:
                draft = _next_of_run(rows[key], salts.get(key, ""), before)
            elif key in entries and before is None:
                draft = _deed_draft(entries[key])
            if draft is None:
                self._refuse(one)
            else:
                drafts.append(draft)
        return drafts

    def _refuse(self, one: Unsealed) -> None:
        """It was tampered with: to seal it would hide that. `audit verify` names it."""
        self._refused.add(one.subject)
        _log.error("audit.seal_refused", kind=one.kind, subject=one.subject)

    def _linked(self, drafts: Iterable[_Draft], head: Head, key: SigningKey) -> list[Seal]:
        now, links = self.clock.now(), list[Seal]()
        for draft in drafts:
            one = link(_seal(draft, head, key.id, now))
            links.append(msgspec.structs.replace(one, signature=key.sign(one.hash)))
            head = Head(one.n, one.hash)
        return links

    def _signing_key(self) -> SigningKey:
        if self._key is None:
            with self.database.writing() as transaction:
                lock_chain(transaction)
                self._key = signing_key(transaction, self.vault, now=self.clock.now())
        return self._key

    def _write(self, links: Sequence[Seal], head: Head) -> None:
        with suppress(RunMovedOn), self.database.writing() as transaction:
            lock_chain(transaction)
            if find_head(transaction) == head:
                add_seals(transaction, links)


def _next_of_run(rows: RunRows, salt: str, before: Seal | None) -> _Draft | None:
    """None when the run was changed behind the ledger's back since it was sealed."""
    if before is not None and before.digest == rows.run["last_hash"]:
        return None
    if not salt and (before is None or not before.is_erasure):
        return None
    draft = _run_draft(rows, salt, is_erasure=not salt)
    return None if before is not None and shows_otherwise(before, draft.facts, salt) else draft


def _run_draft(rows: RunRows, salt: str, *, is_erasure: bool) -> _Draft:
    run = rows.run
    facts = digests_of(rows.texts(), salt)
    return _Draft(SealKind.RUN, run["id"], run["last_hash"], facts, is_erasure)


def _deed_draft(row: Row, *, is_erasure: bool = False) -> _Draft:
    facts = digests_of(deed_texts(row), row["salt"])
    return _Draft(SealKind.DEED, row["id"], row["digest"], facts, is_erasure)


def _seal(draft: _Draft, head: Head, key_id: str, now: datetime) -> Seal:
    return Seal(
        n=head.n + 1,
        at=now,
        kind=draft.kind,
        subject=draft.subject,
        digest=draft.digest,
        facts=dict(draft.facts),
        is_erasure=draft.is_erasure,
        key_id=key_id,
        previous_hash=head.hash,
    )
