"""Bodies recorded at real sites are read and redacted, where the reference data is present."""

import json

import pytest

from simulator.vendor_world import vendor_file
from standfast.connectors.chargify import models
from standfast.connectors.chargify.errors import outcome_of
from standfast.connectors.chargify.records import billing_record, customer_record
from standfast.connectors.redaction import redact
from standfast.contract.actions import Refused
from standfast.contract.records import Standing
from standfast.contract.transport import Answer


def recorded(name):
    told = vendor_file(f"recorded/{name}.json")["response"]
    body = told["body"]
    raw = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return Answer(told["status"], raw)


SUBSCRIPTIONS = [
    "chargify-ruby-subscriptions-create",
    "chargify-ruby-subscriptions-find",
    "chargify-ruby-subscriptions-lookup",
    "php-sdk-subscription-success",
]


@pytest.mark.parametrize("name", SUBSCRIPTIONS)
def test_a_recorded_subscription_is_read(name):
    found = models.decoded(recorded(name).body, models.SubscriptionBody).subscription

    assert found.customer is not None
    record = billing_record(found, str(found.customer.id))
    assert record.standing is not Standing.UNKNOWN
    assert record.plan_name
    assert record.created_at.year > 2000


def test_nothing_of_a_recorded_body_in_xml_is_kept():
    kept = redact(recorded("chargify-api-ares-subscription-find"))["body"]

    assert isinstance(kept, dict)
    assert kept.keys() <= {"bytes", "title"}


@pytest.mark.parametrize("name", [*SUBSCRIPTIONS, "chargify-ruby-customers-find"])
def test_nothing_personal_of_a_recorded_body_is_kept(name):
    answer = recorded(name)
    [resource] = json.loads(answer.body).values()
    person = resource.get("customer", resource)
    words = [person[key] for key in ("first_name", "last_name", "email") if person.get(key)]

    kept = json.dumps(redact(answer))

    assert words
    assert [word for word in words if word in kept] == []


@pytest.mark.parametrize(
    "name", ["php-sdk-customer-readbychargifyid-success", "chargify-ruby-customers-lookup"]
)
def test_a_recorded_customer_is_read(name):
    found = models.decoded(recorded(name).body, models.CustomerBody).customer

    assert customer_record(found).external_id.isdecimal()


def test_recorded_payment_profiles_are_read():
    body = recorded("chargify-ruby-payment-profiles-list").body

    assert models.decoded(body, list[models.PaymentProfileBody])


def test_a_recorded_refusal_is_a_refusal():
    outcome = outcome_of(recorded("php-sdk-subscription-error-no-shipping"))

    assert isinstance(outcome, Refused)
    assert "Shipping Address" in outcome.message
