"""The door for webhooks, over real HTTP: it takes what is signed and tells nobody else a thing."""

import contextlib
import http.client
import json
import threading
from dataclasses import replace
from typing import cast
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from standfast.services.open_site import sealed_secrets
from standfast.services.receive_webhook import ReceiveWebhook
from standfast.store.billing import find_customer_billing
from standfast.store.connections import add_connection, get_connection, save_connection
from standfast.store.schema_ledger import webhook_inbox
from standfast.web.hooks import Hooks
from standfast.web.limits import Limits
from standfast.web.problems import Refusal

PATH = "/hooks/scripted/con_1"
KEY = "the-key-of-the-site"


@pytest.fixture
def hooked(shop, house):
    """A shop whose connection hears webhooks."""
    shop.offer_cancelling()
    with house.database.writing() as transaction:
        row = get_connection(transaction, "con_1")
        sealed = sealed_secrets(house.vault, "con_1", {"api_key": KEY})
        save_connection(transaction, replace(row, sealed=sealed))
    return shop


def deliver(shop, body: bytes | None = None, *, path: str = PATH, key: str = KEY, **told):
    content = json.dumps({"id": "1", "event": "changed", "customer": "c1", **told}).encode()
    headers = {"x-scripted-key": key, "content-type": "application/x-www-form-urlencoded"}
    return shop.client.post(path, content=content if body is None else body, headers=headers)


def stored(house) -> list:
    with house.database.reading() as reader:
        return list(reader.connection.execute(select(webhook_inbox)))


def test_a_signed_webhook_is_stored_and_answered_with_200(hooked, house):
    answer = deliver(hooked)

    assert (answer.status_code, answer.content) == (200, b"")
    assert [row.id for row in stored(house)] == ["1"]


def test_the_worker_reads_the_customer_it_names(hooked, house, worker):
    hooked.world.add_customer("c9", plan="silver")
    deliver(hooked, customer="c9")

    clock, known = threading.Event(), None
    for _ in range(1000):
        with house.database.reading() as core, house.database.reading_mirror() as mirror:
            known = find_customer_billing(core, mirror, "con_1", "c9")
        if known is not None:
            break
        clock.wait(0.01)
    assert known is not None
    assert [record.plan_external_id for record in known.records] == ["silver"]


def test_a_wrong_signature_is_401_and_leaves_no_trace(hooked, house):
    answer = deliver(hooked, key="another")

    assert answer.status_code == 401
    assert stored(house) == []


@pytest.mark.parametrize(
    "path",
    [
        "/hooks/scripted/con_2",
        "/hooks/chargify/con_1",
        "/hooks/scripted/",
        "/hooks/scripted",
        "/hooks/",
        "/hooks/scripted/con_1/more",
        "/hooks/scripted/" + "c" * 5000,
        "/hooks/scripted/con_1%00",
    ],
)
def test_where_none_are_taken_every_answer_is_the_same(hooked, path):
    answer = deliver(hooked, path=path)

    assert answer.status_code == 404
    assert answer.json()["detail"] == "There is nothing here."


def test_without_a_key_none_are_taken(hooked, house):
    with house.database.writing() as transaction:
        row = get_connection(transaction, "con_1")
        sealed = sealed_secrets(house.vault, "con_1", {"api_key": " "})
        save_connection(transaction, replace(row, sealed=sealed))

    assert [deliver(hooked, key=key).status_code for key in ("", KEY)] == [404] * 2
    assert stored(house) == []


def test_a_key_of_one_connection_opens_no_other(hooked, house):
    other = house.manage_app.create("Other", domains=("https://other.io",)).id
    with house.database.writing() as transaction:
        row = get_connection(transaction, "con_1")
        sealed = sealed_secrets(house.vault, "con_2", {"api_key": "another-key"})
        add_connection(transaction, replace(row, id="con_2", app_id=other, sealed=sealed))

    crossed = deliver(hooked, path="/hooks/scripted/con_2", key=KEY)
    own = deliver(hooked, path="/hooks/scripted/con_2", key="another-key")

    assert (crossed.status_code, own.status_code) == (401, 200)
    assert [row.connection_id for row in stored(house)] == ["con_2"]


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
def test_only_post_is_taken(hooked, method):
    answer = hooked.client.request(method, PATH)

    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


def test_a_body_of_a_megabyte_is_taken_and_a_longer_one_is_not(hooked, house):
    def body_of(size: int) -> bytes:
        told = json.dumps({"id": "1", "event": "changed", "customer": "c1"}).encode()
        return told + b" " * (size - len(told))

    longer = deliver(hooked, body_of(1024 * 1024 + 1))
    just = deliver(hooked, body_of(1024 * 1024))

    assert (longer.status_code, just.status_code) == (413, 200)
    assert len(stored(house)) == 1


def test_a_body_that_hides_its_length_is_cut_off(hooked, house):
    connection = http.client.HTTPConnection(urlsplit(hooked.url).netloc, timeout=10)
    chunks = (b"x" * 65_536 for _ in range(64))

    with contextlib.suppress(OSError):  # it may be closed before all is sent
        connection.request("POST", PATH, chunks, {"x-scripted-key": KEY}, encode_chunked=True)
        assert connection.getresponse().status == 413
    connection.close()

    assert stored(house) == []


def test_a_signed_body_that_names_no_event_is_422(hooked, house):
    assert deliver(hooked, b"[[[[[[[").status_code == 422
    assert deliver(hooked, b"<script>alert(1)</script>").status_code == 422
    assert deliver(hooked, b"\x00\xff").status_code == 422
    assert stored(house) == []


def test_a_hook_is_asked_for_no_cookie_and_sets_none(hooked):
    answer = deliver(hooked)

    assert "set-cookie" not in answer.headers
    assert "access-control-allow-origin" not in answer.headers


class TestRateLimits:
    @pytest.fixture
    def limits(self) -> str:
        return "hooks=0.1 address=1000 visitor=1000 app=1000"  # a bucket of one

    def test_who_sends_too_often_is_told_to_come_later(self, hooked, house):
        first, second = deliver(hooked), deliver(hooked, id="2")

        assert (first.status_code, second.status_code) == (200, 429)
        assert int(second.headers["retry-after"]) <= 10
        assert len(stored(house)) == 1

    def test_pages_are_not_held_up_by_it(self, hooked):
        deliver(hooked)
        deliver(hooked)

        assert hooked.decide().status_code == 200


def test_what_no_id_can_be_never_comes_to_the_database():
    hooks = Hooks(cast(ReceiveWebhook, None), Limits())

    with pytest.raises(Refusal) as refused:
        hooks.take("/hooks/scripted/con_1\x00", {}, b"")

    assert refused.value.status == 404
