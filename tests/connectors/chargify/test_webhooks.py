"""A delivery is believed only for its signature, and only as a hint of whom to read again."""

import hashlib
import hmac

import pytest

from simulator.vendor_world import vendor_text
from standfast.connectors.chargify import webhooks
from standfast.connectors.chargify.connector import ChargifyConnector
from standfast.contract.connector import Notice

CONNECTOR = ChargifyConnector()
KEY = "shared-key"

# The example of the vendor's own documentation: its key, its body, its signature.
PUBLISHED_KEY = "123"
PUBLISHED_BODY = b"payload[chargify]=testing&event=test"
PUBLISHED_SIGNATURE = "19826d51b9f866b26eda1f154de192593360f8d0bcb63df8a28540a5dcf733f1"


def signature(body: bytes, key: str = KEY) -> str:
    return hmac.new(key.encode(), body, hashlib.sha256).hexdigest()


def heard(body: bytes, *, key: str = KEY, mark: str | None = None) -> Notice | None:
    headers = {webhooks.SIGNATURE: signature(body) if mark is None else mark}
    return CONNECTOR.notice(headers, body, {"shared_key": key})


def test_the_published_example_is_believed():
    told = heard(PUBLISHED_BODY, key=PUBLISHED_KEY, mark=PUBLISHED_SIGNATURE)

    assert told is not None
    assert told.id == ""  # the published body leaves its id out


def test_the_test_message_names_nobody():
    told = heard(b"id=123456&event=test&payload[chargify]=testing")

    assert told == Notice("123456", "test")


@pytest.mark.parametrize(
    "mark",
    ["", "0" * 64, signature(b"another body"), signature(b"id=1&event=test", "another key"), "é"],
)
def test_a_body_that_the_sites_key_did_not_sign_is_not_believed(mark):
    assert heard(b"id=1&event=test", mark=mark) is None


def test_a_delivery_without_a_signature_is_not_believed():
    assert CONNECTOR.notice({}, b"id=1&event=test", {"shared_key": KEY}) is None


@pytest.mark.parametrize("key", ["", "  ", ","])
def test_without_a_shared_key_nothing_is_believed(key):
    body = b"id=1&event=test"
    for guess in ("", " ", ","):
        assert heard(body, key=key, mark=signature(body, guess)) is None


def test_the_signature_is_of_the_bytes_as_they_came():
    body = b"id=1&event=test&payload[a]=b%20c"

    assert heard(body) is not None
    assert heard(body.replace(b"%20", b"+"), mark=signature(body)) is None
    assert heard(body.replace(b"[", b"%5B").replace(b"]", b"%5D"), mark=signature(body)) is None


@pytest.mark.parametrize("key", ["shared-key, the-old-one", "new-one,shared-key", "a b shared-key"])
def test_while_the_key_is_changed_both_are_good(key):
    assert heard(b"id=1&event=test", key=key) == Notice("1", "test")


VENDORS = {
    "form-billing-date-change": ("177099302", "billing_date_change", "0", "0"),
    "form-component-allocation-change": ("177103664", "component_allocation_change", None, "0"),
    "form-customer-update": ("177103786", "customer_update", "0", None),
    "form-dunning-step-reached": ("177103087", "dunning_step_reached", "0", "0"),
    "form-expiration-date-change": ("177094787", "expiration_date_change", "0", "0"),
    "form-expiring-card": ("177105547", "expiring_card", "0", "0"),
    "form-payment-failure": ("176857854", "payment_failure", "0", "0"),
    "form-payment-success": ("176852876", "payment_success", "0", "0"),
    "form-renewal-failure": ("177103568", "renewal_failure", "0", "0"),
    "form-signup-failure": ("176857191", "signup_failure", "0", "0"),
    "form-subscription-product-change": ("177103237", "subscription_product_change", "0", "0"),
    "form-subscription-state-change": ("176857858", "subscription_state_change", "0", "0"),
    "form-trial-end-notice": ("177103397", "trial_end_notice", "0", "0"),
    "form-upcoming-renewal-notice": ("177105790", "upcoming_renewal_notice", "0", "0"),
    "form-upgrade-downgrade-failure": ("177101115", "upgrade_downgrade_failure", "0", "0"),
    "form-upgrade-downgrade-success": ("177102182", "upgrade_downgrade_success", "0", "0"),
    "vendor-payment-success": ("141765008", "payment_success", "14585695", "15100141"),
    "vendor-statement-settled": ("141765032", "statement_settled", "14585695", "15100141"),
}


@pytest.mark.parametrize("name", VENDORS)
def test_every_body_of_the_vendors_is_read(name):
    body = vendor_text(f"webhooks/{name}.txt").rstrip("\n").encode()

    assert heard(body) == Notice(*VENDORS[name])


def test_of_a_field_that_comes_twice_the_first_counts():
    body = b"id=1&event=test&payload[customer][id]=5&payload[customer][id]=6&id=2"

    assert heard(body) == Notice("1", "test", "5")


def test_a_list_without_indexes_disturbs_nothing():
    # "public_signup_pages" repeats its keys (recorded at a real site).
    pages = b"&".join(
        b"payload[subscription][product][public_signup_pages][id]=%d" % n for n in range(3)
    )
    body = b"id=1&event=payment_success&payload[subscription][id]=9&" + pages

    assert heard(body) == Notice("1", "payment_success", None, "9")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x00\xff\xfe",
        b"id=&event=test",
        b"id=1",
        b"event=test",
        b"id=1%2F..%2F2&event=test",
        b"id=" + b"9" * 65 + b"&event=test",
        b"id=1&event=<script>alert(1)</script>",
        b"id=1&event=" + b"a" * 101,
        b"id=1&event=test&" + b"&".join(b"a=1" for _ in range(20_001)),
    ],
)
def test_a_signed_body_that_cannot_be_read_is_nothing_to_act_on(body):
    assert heard(body) == Notice("", "")


@pytest.mark.parametrize("customer", ["../1", "1?x", "<b>", "1" * 65, "%00", "1 2"])
def test_an_id_that_could_lead_elsewhere_is_left_out(customer):
    told = heard(b"id=1&event=test&payload[customer][id]=" + customer.encode())

    assert told == Notice("1", "test", None)


def test_deep_nesting_is_harmless():
    deep = b"payload" + b"[a]" * 100_000 + b"=1"

    assert heard(b"id=1&event=test&" + deep) == Notice("1", "test")


def test_whoever_is_named_is_read_at_the_site(site):
    body = site.simulator.state()[0]
    by_customer = Notice("1", "payment_success", str(body["customer_id"]), None)
    by_subscription = Notice("1", "payment_success", None, str(body["id"]))
    transport = site.transport()

    told = [CONNECTOR.read_noticed(transport, one) for one in (by_customer, by_subscription)]

    assert {one.customer.external_id for one in told if one} == {str(body["customer_id"])}
    assert str(body["id"]) in {
        record.external_id for record in (told[0].records if told[0] else ())
    }


@pytest.mark.parametrize("ids", [("999999999", None), (None, "999999999"), (None, None)])
def test_who_is_not_there_is_nobody(site, ids):
    assert CONNECTOR.read_noticed(site.transport(), Notice("1", "customer_update", *ids)) is None
