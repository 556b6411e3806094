"""The calls that the specs, and so the docs, name are those that are made; each has a reason."""

import re

import pytest

from connectors.chargify.stages import OTHER_WISHES, WISHES, named, set_up
from standfast.connectors.redaction import redact
from standfast.contract.actions import Succeeded

CALL = re.compile(r"`(GET|POST|PUT|DELETE) (/[^`?]+)[^`]*`")


def calls_made(site, action, wish):
    """Method and path of each, with {id} in the place of ids, after the customer's reading."""
    customer, wanted = set_up(site, action, wish), named(site, wish)
    site.simulator.clear_requests()
    outcome = site.perform(action, customer, **wanted)
    assert isinstance(outcome, Succeeded), outcome
    made = [re.sub(r"/\d+", "/{id}", one) for one in site.vendor_calls()]
    return [one for one in made if one not in READING]


READING = ("GET /customers/{id}/subscriptions.json", "GET /customers/{id}.json")


def calls_told(site, action):
    spec = site.connector.spec.action(action)
    found = [one for one in map(CALL.match, spec.calls) if one]
    assert len(found) == len(spec.calls), spec.calls
    return [f"{one[1]} {one[2]}" for one in found]


@pytest.mark.parametrize("action", sorted(WISHES))
def test_an_untroubled_run_makes_the_calls_that_are_told(site, action):
    wishes = [WISHES[action], OTHER_WISHES.get(action, WISHES[action])]
    if action == "create_subscription":
        wishes = wishes[:1]  # the other way is a reactivation

    made = [calls_made(site, action, wish) for wish in wishes]

    assert {one for calls in made for one in calls} == set(calls_told(site, action))
    assert max(len(calls) for calls in made) <= 2


@pytest.mark.parametrize("action", sorted(WISHES))
def test_every_call_has_its_reason(site, action):
    for call in site.connector.spec.action(action).calls:
        assert re.search(r"`.*: \w{3}", call), call


@pytest.mark.parametrize("action", sorted(WISHES))
def test_every_write_with_a_body_carries_the_token_and_the_others_say_why_not(site, action):
    for wish in (WISHES[action], OTHER_WISHES.get(action, WISHES[action])):
        customer = set_up(site, action, wish)
        order = site.order(action, customer, **named(site, wish))

        desk = site.perform_order(order)[1]

        [written] = desk.written
        token = (written.call.json or {}).get("uniqueness_token")
        has_none = written.call.method == "DELETE"
        assert token == (None if has_none else order.token)
        spec = site.connector.spec.action(action)
        assert not has_none or spec.repeat_is_safe_because


@pytest.mark.parametrize("action", sorted(WISHES))
def test_the_ledger_keeps_the_whole_of_what_was_sent(site, action):
    """Nothing in it is personal, so a proof of what was sent misses nothing."""
    for wish in (WISHES[action], OTHER_WISHES.get(action, WISHES[action])):
        customer = set_up(site, action, wish)

        desk = site.perform_order(site.order(action, customer, **named(site, wish)))[1]

        assert redact(desk.written[0].call)["body"] == desk.written[0].call.json


@pytest.mark.parametrize("action", sorted(WISHES))
def test_what_may_charge_is_waited_for(site, action):
    customer = set_up(site, action, WISHES[action])

    desk = site.perform_order(site.order(action, customer, **named(site, WISHES[action])))[1]

    charges = {"create_subscription", "reactivate", "switch_plan", "resume", "retry_payment"}
    assert desk.written[0].call.may_charge is (action in charges)
    assert site.connector.spec.action(action).moves_money or action not in charges
