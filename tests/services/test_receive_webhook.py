"""What comes by webhook is believed for its signature and stored before it is answered."""

import json
import zlib

import pytest
import structlog

from clocks import FrozenClock
from ledger.rig import CONNECTION
from services.webhook_rig import WebhookRig
from standfast.services.errors import NotFound, SignatureRefused, WebhookUnreadable
from standfast.store.database import Database


@pytest.fixture
def rig(database: Database, clock: FrozenClock) -> WebhookRig:
    return WebhookRig(database, clock)


def test_a_webhook_is_stored_with_its_body_until_it_is_worked_off(rig):
    rig.deliver()
    (stored,) = rig.rows()
    rig.work_off()
    (done,) = rig.rows()

    assert json.loads(zlib.decompress(stored.body))["customer"] == "c1"
    assert (stored.event, stored.customer_external_id, stored.done_at) == ("changed", "c1", None)
    assert (done.body, done.due_at, done.done_at) == (b"", None, rig.clock.now())


def test_a_second_delivery_only_counts(rig):
    rig.deliver()
    rig.work_off()
    rig.clock.advance(10)
    rig.deliver()

    assert rig.work_off() == 0
    assert (rig.counts().notices, rig.counts().deliveries, rig.counts().waiting) == (1, 2, 0)
    assert rig.counts().heard_at == rig.clock.now()


def test_a_webhook_that_names_nobody_is_heard_and_done(rig):
    rig.deliver(customer=None, event="test")

    assert rig.work_off() == 0
    assert (rig.counts().event, rig.counts().waiting) == ("test", 0)
    assert rig.rows()[0].body == b""


def test_a_wrong_signature_stores_nothing(rig):
    with pytest.raises(SignatureRefused):
        rig.deliver(key="another key")

    assert rig.rows() == []


def test_wrong_signatures_are_logged_once_a_minute_with_their_number(rig):
    def refused(times: int) -> list[dict]:
        with structlog.testing.capture_logs() as lines:
            for _ in range(times):
                with pytest.raises(SignatureRefused):
                    rig.deliver(key="another key")
        return [dict(line) for line in lines if line["event"] == "webhook.refused"]

    first = refused(5)
    rig.clock.advance(60)
    later = refused(3)

    assert [line["count"] for line in first] == [1]
    assert [line["count"] for line in later] == [5]  # four unlogged ones and this


@pytest.mark.parametrize("connection", ["con_other", "", "con_test' OR 1=1"])
def test_an_unknown_connection_takes_nothing(rig, connection):
    with pytest.raises(NotFound):
        rig.deliver(connection=connection)


def test_a_connection_of_another_connector_takes_nothing(rig):
    with pytest.raises(NotFound):
        rig.receiving.receive("chargify", CONNECTION, {"x-scripted-key": "key"}, b"{}")


def test_a_signed_body_without_an_id_is_not_taken(rig):
    with pytest.raises(WebhookUnreadable):
        rig.deliver("")

    assert rig.rows() == []
