"""A ledger with people in it whose runs and changes are sealed, and hands that spoil them."""

import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import insert, text

from builders import a_prompt, a_step
from clocks import FrozenClock
from ledger.rig import APP, LedgerRig
from standfast.domain.audit_chain import Flaw, Head
from standfast.domain.visitor import BillingIdSource
from standfast.services.permissions import SYSTEM
from standfast.services.seal_audit import SealAudit
from standfast.services.verify_audit import VerifyAudit
from standfast.services.write_audit import write_audit
from standfast.store.bodies import packed
from standfast.store.database import Database
from standfast.store.driver import execute
from standfast.store.schema import prompt_versions, prompts
from standfast.store.seals import find_head
from standfast.store.vault import Vault, read_keys
from standfast.store.visitors import TraitSource, lock_visitor, save_visitor

VISITOR = "u1"
EMAIL = "u1@example.org"


class SealedLedger:
    """`ledger` is the real one over the scripted biller; `seals` and `audit` are ours."""

    def __init__(self, database: Database, clock: FrozenClock, folder: Path) -> None:
        self.database = database
        self.folder = folder
        self.clock = clock
        self.ledger = LedgerRig(database, clock)
        self.vault = Vault(read_keys(folder, None))
        self.seals = SealAudit(database, self.vault, clock)
        self.audit = VerifyAudit(database, self.vault, clock)
        now = clock.now()
        body = packed(a_prompt(steps=(a_step(message="For 10 % less"),)))
        with database.writing() as transaction:
            row = lock_visitor(transaction, APP, VISITOR, at=now)
            row.traits.update(email=EMAIL, chargify_id="c1")
            row.sources["chargify_id"] = TraitSource(BillingIdSource.SERVER, now)
            save_visitor(transaction, row)
            transaction.connection.execute(
                insert(prompts).values(
                    id="p1", app_id=APP, name="Stay", status="live", draft=body, version=1,
                    created_at=now, updated_at=now,
                )
            )  # fmt: skip
            transaction.connection.execute(
                insert(prompt_versions).values(
                    prompt_id="p1", version=1, body=body,
                    published_by="op_1", published_at=now,
                )
            )  # fmt: skip

    def live(self, clicks: int = 3, **changes: Any) -> None:
        """Some clicks, performed, and a change in the console after each."""
        for n in range(clicks):
            self.ledger.click("add_coupon", **changes)
            self.ledger.work()
            self.clock.advance(1)
            self.deed(f"App {n}")
            self.clock.advance(1)

    def deed(self, subject: str, deed: str = "app.settings_changed", **told: Any) -> None:
        with self.database.writing() as transaction:
            write_audit(
                transaction, SYSTEM, deed, subject, at=self.clock.now(), app_id=APP,
                before={"name": "Old"}, after={"name": f"New {self.clock.now()}"}, **told,
            )  # fmt: skip

    def seal(self) -> None:
        while self.seals.seal_due():
            pass

    def head(self) -> Head:
        with self.database.reading() as reader:
            return find_head(reader)

    def spoil(self, statement: str, *values: Any) -> None:
        """What somebody does who has the database and nothing else."""
        with self.database.writing() as transaction:
            assert execute(transaction.connection, statement, values).rowcount == 1

    def one(self, question: str, *values: Any) -> Any:
        with self.database.reading() as reader:
            return execute(reader.connection, question, values).fetchall()[0][0]

    def spoil_anything(self, *statements: str) -> None:
        """Past the foreign keys, as whoever owns the files may."""
        if self.database.is_embedded:
            with closing(sqlite3.connect(self.folder / "data" / "core.sqlite3")) as connection:
                for statement in statements:
                    connection.execute(statement)
                connection.commit()
            return
        with self.database.writing() as transaction:
            transaction.connection.execute(text("SET LOCAL session_replication_role = replica"))
            for statement in statements:
                transaction.connection.execute(text(statement))

    def flaw_after(self, statement: str) -> Flaw | None:
        """What would be found after this, which is taken back again."""
        found: list[Flaw | None] = []
        with suppress(_TakenBack), self.database.writing() as transaction:
            past = "PRAGMA defer_foreign_keys = ON"
            if not self.database.is_embedded:
                past = "SET LOCAL session_replication_role = replica"
            transaction.connection.execute(text(past))
            assert execute(transaction.connection, statement, ()).rowcount > 0
            found.append(self.audit.seen_by(transaction).flaw)
            raise _TakenBack
        return found[0]


class _TakenBack(Exception):
    pass
