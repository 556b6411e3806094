import hashlib
import hmac
import re
from datetime import UTC, datetime

import pytest

from chargify_simulator.rules.webhooks import form_body, hmac_signature, signature
from simulator.receiver import running_receiver
from simulator.vendor_world import VENDOR_DATA

DAY = 86_400


@pytest.fixture
def receiver():
    with running_receiver() as running:
        yield running


def subscribe(api, url, *keys):
    sent = {"url": url, "webhook_subscriptions": list(keys)}
    answer = api.post("/endpoints.json", json={"endpoint": sent})
    assert answer.status_code == 200, answer.text
    return answer.json()["endpoint"]


def cancel(api, subscription):
    api.delete(f"/subscriptions/{subscription['id']}.json")


def listed(api, **query):
    return [each["webhook"] for each in api.get("/webhooks.json", params=query).json()]


@pytest.fixture
def subscribed(api, receiver):
    return subscribe(api, receiver.url, "subscription_state_change")


def test_the_signatures_are_those_the_vendor_published():
    body = "payload[chargify]=testing&event=test"

    assert signature("123", body) == "3df5f2c8d2bfd40d8a8d72cb9e7fe56c"
    assert (
        hmac_signature("123", body)
        == "19826d51b9f866b26eda1f154de192593360f8d0bcb63df8a28540a5dcf733f1"
    )


def test_a_body_is_written_as_the_vendor_writes_it():
    pages = [{"id": 1, "url": "https://a.test/?b"}, {"id": 2, "url": None}]
    payload: dict[str, object] = {
        "at": "2016-11-08T16:22:22-05:00",
        "name": "Test's $10",
        "no": False,
        "none": None,
        "pages": pages,
    }

    assert form_body(7, "test", payload) == (
        "id=7&event=test&payload[at]=2016-11-08%2016%3A22%3A22%20-0500"
        "&payload[name]=Test's%20%2410&payload[no]=false&payload[none]="
        "&payload[pages][id]=1&payload[pages][url]=https%3A%2F%2Fa.test%2F%3Fb"
        "&payload[pages][id]=2&payload[pages][url]="
    )


def test_an_event_reaches_its_endpoint_signed(api, chargify, receiver, subscribed, basic):
    cancel(api, basic)
    chargify.deliver_webhooks()

    (headers, body), fields = receiver.got[0], receiver.fields()
    key = b"shared-key"
    mark = hmac.new(key, body.encode(), hashlib.sha256).hexdigest()
    assert headers["x-chargify-webhook-signature-hmac-sha-256"] == mark
    old = hashlib.md5(key + body.encode()).hexdigest()
    assert headers["x-chargify-webhook-signature"] == old
    assert headers["x-chargify-webhook-id"] == fields["id"]
    assert fields["payload[subscription][id]"] == str(basic["id"])
    assert fields["payload[subscription][previous_state]"] == "active"
    assert fields["payload[subscription][state]"] == "canceled"
    canceled_at = fields["payload[subscription][canceled_at]"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d -0[45]00", canceled_at)


def test_it_is_listed_with_the_very_bytes(api, chargify, receiver, subscribed, basic):
    cancel(api, basic)
    chargify.deliver_webhooks()

    [webhook] = listed(api, status="successful", subscription=basic["id"])

    assert webhook["body"] == receiver.got[0][1]
    assert webhook["last_sent_url"] == receiver.url
    assert webhook["accepted_at"] is not None
    assert listed(api, status="failed") == []


def test_only_what_an_endpoint_asked_for_is_sent(api, chargify, receiver, subscribed, basic):
    api.put(f"/customers/{basic['customer']['id']}.json", json={"customer": {"phone": "1"}})
    chargify.deliver_webhooks()

    assert receiver.got == []


def test_five_attempts_are_made_at_the_vendors_intervals(
    api, chargify, receiver, subscribed, basic
):
    chargify.freeze_clock(basic["created_at"])
    receiver.status = 500
    cancel(api, basic)
    counts = []
    for seconds in (0, 9, 10, 24, 25, 114, 115, 294, 295, 9999):
        chargify.move_clock(offset_seconds=seconds)
        chargify.deliver_webhooks()
        counts.append(len(receiver.got))

    assert counts == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    [webhook] = listed(api, status="failed")
    assert webhook["last_error"] == "500 Internal Server Error (retry 5 of 5)"
    assert len({body for _, body in receiver.got}) == 1


def test_a_leap_of_the_clock_makes_the_missed_attempts(api, chargify, receiver, subscribed, basic):
    chargify.freeze_clock(basic["created_at"])
    receiver.status = 404
    cancel(api, basic)
    chargify.move_clock(offset_seconds=600)
    chargify.deliver_webhooks()

    [webhook] = listed(api)
    first, last = (datetime.fromisoformat(webhook[f"{at}_at"]) for at in ("created", "last_sent"))
    assert len(receiver.got) == 5
    assert (last - first).total_seconds() == 10 + 15 + 90 + 180


def test_an_endpoint_pauses_and_is_then_disabled(api, chargify, receiver, subscribed, world):
    chargify.freeze_clock(datetime.now(UTC).isoformat())
    receiver.status = 500
    for _ in range(6):
        cancel(api, world.live(product_handle="free"))
    chargify.move_clock(offset_seconds=1800)
    chargify.deliver_webhooks()

    status = [each["status"] for each in api.get("/endpoints.json").json()]
    assert (len(receiver.got), status) == (26, ["paused"])
    cancel(api, world.live(product_handle="free"))
    assert [each["event"] for each in listed(api, status="paused")][:1]

    api.put("/_control/clock", json={"offset_seconds": 4 * DAY})
    chargify.deliver_webhooks()
    # One probe every two hours, at most 24 of them.
    assert len(receiver.got) == 26 + 24


def test_a_probe_that_is_accepted_opens_the_endpoint_again(
    api, chargify, receiver, subscribed, world
):
    chargify.freeze_clock(datetime.now(UTC).isoformat())
    receiver.status = 500
    for _ in range(6):
        cancel(api, world.live(product_handle="free"))
    chargify.move_clock(offset_seconds=1800)
    chargify.deliver_webhooks()
    receiver.status = 200
    chargify.move_clock(offset_seconds=3 * 3600)
    chargify.deliver_webhooks()

    assert [each["status"] for each in api.get("/endpoints.json").json()] == ["enabled"]


def test_a_replay_is_sent_under_the_same_id(api, chargify, receiver, subscribed, basic):
    cancel(api, basic)
    chargify.deliver_webhooks()
    [webhook] = listed(api)

    answer = api.post("/webhooks/replay.json", json={"ids": [webhook["id"], 1]})
    chargify.deliver_webhooks()

    assert answer.json() == {"status": "ok"}
    assert receiver.got[0][1] == receiver.got[1][1]


def test_duplicates_and_another_order_come_on_request(api, chargify, receiver, world):
    subscribe(api, receiver.url, "signup_success", "payment_success", "customer_create")
    chargify.settings(webhook_copies=2, webhook_shuffle_seed=3)
    for _ in range(4):
        world.live()
    chargify.deliver_webhooks()

    ids = [dict(p.split("=", 1) for p in body.split("&")[:2])["id"] for _, body in receiver.got]
    assert len(ids) == 2 * 12
    assert len(set(ids)) == 12


def test_switched_off_no_webhook_is_made(api, chargify, receiver, subscribed, basic):
    off = api.put("/webhooks/settings.json", json={"webhooks_enabled": False})
    cancel(api, basic)

    assert off.json() == {"webhooks_enabled": False}
    assert listed(api) == []


def test_no_other_machine_is_ever_called(api, chargify, basic):
    subscribe(api, "http://198.51.100.7/hook", "subscription_state_change")
    cancel(api, basic)
    chargify.deliver_webhooks()

    assert "loopback" in listed(api)[0]["last_error"]


def test_an_endpoint_is_changed_with_its_whole_list(api, receiver, subscribed):
    path = f"/endpoints/{subscribed['id']}.json"

    changed = api.put(path, json={"endpoint": {"webhook_subscriptions": []}}).json()
    wrong_key = {"endpoint": {"webhook_subscriptions": ["foobar"]}}
    refused = api.put(path, json=wrong_key)
    wrong_url = api.post("/endpoints.json", json={"endpoint": {"url": "ftp://x"}})

    assert changed["endpoint"] == subscribed | {"webhook_subscriptions": []}
    assert refused.json() == {"errors": ["Event key is not valid - foobar"]}
    assert wrong_url.json() == {"errors": ["URL: invalid, only http and https supported"]}


@pytest.mark.parametrize("name", ["vendor-payment-success", "form-subscription-state-change"])
def test_every_field_of_a_recorded_body_is_in_ours(api, chargify, receiver, world, name):
    path = VENDOR_DATA / "fixtures" / "webhooks" / f"{name}.txt"
    if not path.exists():
        pytest.skip("the vendor's reference data is not there")
    subscribe(api, receiver.url, "payment_success", "subscription_state_change")
    subscription = world.live(product_handle="basic")
    cancel(api, subscription)
    chargify.deliver_webhooks()
    key = "payment_success" if "payment" in name else "subscription_state_change"
    ours = receiver.fields(receiver.events().index(key))

    recorded = {pair.split("=")[0] for pair in path.read_text().strip().split("&")}
    old = {each for each in recorded if each.endswith("[product][return_url]")}
    assert recorded - ours.keys() - old - {"payload[transaction][invoice_id]"} == set()
