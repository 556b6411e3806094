"""The connector page tells whether webhooks come, and what to do until they do."""

import re
from collections.abc import Iterator

import pytest

from console.billing_rig import BilledApp, BilledHouse, a_billed_house
from console.rig import Visitor
from standfast.connectors.chargify import webhooks
from standfast.contract.connector import Notice
from standfast.services.read_webhooks import WebhooksView
from standfast.store.webhooks import (
    InboxCounts,
    add_webhook,
    claim_due_webhooks,
    give_up_webhooks,
    postpone_webhooks,
)
from standfast.web.console.connectors_webhooks import shown

SHARED_KEY = "the-key-that-signs"


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BilledHouse]:
    with a_billed_house(tmp_path_factory.mktemp("webhooks") / "data") as stage:
        yield stage


@pytest.fixture
def billed(stage: BilledHouse) -> BilledApp:
    return stage.open()


@pytest.fixture
def ada(stage: BilledHouse) -> Visitor:
    return stage.visitor()


def section(ada: Visitor, billed: BilledApp) -> str:
    """The text of the card on webhooks."""
    page = ada.get(f"/apps/{billed.app}/settings/connectors/chargify").text
    found = re.search(r'<section class="card" id="webhooks".*?</section>', page, re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", found[0]).split()) if found else ""


def heard(
    billed: BilledApp, number: str = "1", customer: str | None = "5", event: str = "test"
) -> str:
    row = billed.connection()
    assert row is not None
    with billed.house.database.writing() as transaction:
        notice = Notice(number, event, customer)
        add_webhook(transaction, row.id, notice, b"body", now=billed.clock.now())
    return row.id


def test_before_it_is_connected_nothing_is_said_of_webhooks(ada, billed):
    assert section(ada, billed) == ""


def test_the_address_and_the_steps_are_there_before_the_first(ada, billed):
    row = billed.connect()

    told = section(ada, billed)

    assert f"/hooks/chargify/{row.id}" in told
    assert "Not set up" in told
    assert "Until then every webhook is turned away." in told
    assert "Config > Settings > Webhooks" in told.replace("&gt;", ">")
    assert all(event in told for event in webhooks.SPEC.events)


def test_with_a_key_it_waits_to_be_heard_and_the_key_is_not_shown(ada, billed):
    billed.connect(shared_key=SHARED_KEY)

    told = section(ada, billed)

    assert "Nothing heard yet" in told
    assert "key is saved" in told
    assert SHARED_KEY not in ada.get(f"/apps/{billed.app}/settings/connectors/chargify").text


def test_a_test_message_is_shown_as_the_last_one_heard(ada, billed):
    billed.connect(shared_key=SHARED_KEY)
    heard(billed, "123456", None)
    heard(billed, "123456", None)

    told = section(ada, billed)

    assert "Hearing" in told
    assert "Last webhook heard:" in told
    assert "( test )" in told
    assert "received 1 repeated 1 waiting 0 given up 0" in told


def test_what_could_not_be_worked_off_is_told_with_what_to_do(ada, billed):
    billed.connect(shared_key=SHARED_KEY)
    heard(billed, "1")
    now = billed.clock.now()
    with billed.house.database.writing() as transaction:
        rows = claim_due_webhooks(transaction, now=now, until=now)
        postpone_webhooks(transaction, rows, due_at=now, error="<b>It</b> did not answer.")
    waiting = section(ada, billed)
    with billed.house.database.writing() as transaction:
        rows = claim_due_webhooks(transaction, now=now, until=now)
        give_up_webhooks(transaction, rows, now=now, error="It did not answer.")
    given_up = section(ada, billed)

    assert "Needs attention" in waiting
    assert "&lt;b&gt;It&lt;/b&gt; did not answer. It is tried again by itself." in waiting
    assert "given up 1" in given_up
    assert "Press “Sync now”" in given_up


@pytest.mark.parametrize(
    ("url", "is_local"),
    [
        ("http://127.0.0.1:8000", True),
        ("http://localhost:8000", True),
        ("https://standfast.acme.io", False),
    ],
)
def test_an_address_that_only_this_machine_reaches_is_said_to_be_one(url, is_local):
    view = WebhooksView(webhooks.SPEC, "/hooks/chargify/con_1", has_key=True, counts=InboxCounts())

    told = shown(view, url)

    assert (told.address, told.is_local) == (f"{url}/hooks/chargify/con_1", is_local)
