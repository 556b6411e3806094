"""A deed is stored once, however many report it at the same moment."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from builders import LONG_AGO
from standfast.domain.interaction import Kind, interaction_id
from standfast.store.apps import AppRow, add_app
from standfast.store.database import Database
from standfast.store.interactions import InteractionRow, add_interaction

REPORTERS = 4
DEEDS = 150


def an_accept(claim: str) -> InteractionRow:
    return InteractionRow(
        id=interaction_id(claim),
        app_id="app_1",
        visitor="u:ann",
        user_id="ann",
        prompt_id="p1",
        version=1,
        variation="default",
        snapshot_hash="",
        decision=claim,
        view="v",
        step="offer",
        kind=Kind.ACCEPT,
        claim=claim,
        values={},
        billing_id=None,
        billing_id_source=None,
        show=True,
        refusal=None,
        decided_at=LONG_AGO,
        received_at=LONG_AGO,
    )


def test_of_reports_of_one_deed_at_the_same_moment_one_is_the_first(database: Database):
    # The losers may find the winner's row before its commit, by its claim or by its id.
    with database.writing() as transaction:
        add_app(transaction, AppRow("app_1", "Test", (), "UTC", 0, b"", None, LONG_AGO))
    barrier = Barrier(REPORTERS)

    def report(deed: int) -> bool:
        barrier.wait()
        with database.writing() as transaction:
            return add_interaction(transaction, an_accept(f"claim {deed}"))

    with ThreadPoolExecutor(REPORTERS) as pool:
        firsts = [sum(pool.map(report, [deed] * REPORTERS)) for deed in range(DEEDS)]

    assert firsts == [1] * DEEDS
