"""The way to the billing portal: Chargify tells one link 15 times, and it is asked for it once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from structlog.testing import capture_logs

from chargify_simulator.testing import running_simulator
from connectors.chargify.site import ChargifySite
from standfast.connectors.chargify.portal import PortalLinks
from standfast.contract.actions import NeedsVisitor

A_DAY = 86_400


def link_of(site, customer: str) -> str | None:
    """What a customer without a card is told, each time on a new try."""
    outcome = site.perform("create_subscription", customer, plan=site.plan("basic"))
    assert isinstance(outcome, NeedsVisitor)
    return outcome.link


def asked_for_links(site) -> int:
    return sum("management_link" in call for call in site.vendor_calls())


def test_who_comes_back_often_keeps_the_way_in(site):
    customer = site.a_customer(card=None)

    links = [link_of(site, customer) for _ in range(17)]

    assert links[0] is not None
    assert set(links) == {links[0]}
    assert asked_for_links(site) == 1


def test_a_write_that_was_refused_asks_no_more_often(site):
    customer = site.a_customer()
    refusal = {"errors": ["No payment method was on file for the $9.00 balance"]}
    links: list[str | None] = []

    for _ in range(17):
        site.will_say("POST", "/subscriptions.json", 422, refusal)
        links.append(link_of(site, customer))

    assert links[0] is not None
    assert set(links) == {links[0]}
    assert site.subscriptions(customer) == []


def test_a_link_is_asked_for_anew_when_chargify_has_another(site):
    customer = site.a_customer(card=None)
    former = link_of(site, customer)

    site.simulator.move_clock(offset_seconds=14 * A_DAY)
    same = link_of(site, customer)
    site.simulator.move_clock(offset_seconds=16 * A_DAY)
    new = link_of(site, customer)

    assert same == former
    assert new not in {former, None}
    assert asked_for_links(site) == 2


def test_every_customer_has_a_link_of_their_own(site):
    ada, bob = site.a_customer(card=None), site.a_customer(card=None)

    links = [link_of(site, one) for one in (ada, bob, ada, bob)]

    assert links[:2] == links[2:]
    assert len(set(links)) == 2


def test_two_sites_that_number_their_customers_alike_share_no_link(site, client):
    with running_simulator() as simulator:
        other = ChargifySite(simulator, client)
        other.connector = site.connector
        simulator.settings(subdomain="globex")
        here, there = site.a_customer(card=None), other.a_customer(card=None)

        links = link_of(site, here), link_of(other, there)

    assert here == there
    assert None not in links
    assert links[0] != links[1]


@pytest.mark.parametrize("status", [422, 429])
def test_a_portal_that_was_closed_is_asked_again(site, status):
    customer = site.a_customer(card=None)
    site.will_say("GET", "*management_link.json", status, {"errors": ["Not now."]})

    links = [link_of(site, customer) for _ in range(2)]

    assert links[0] is None
    assert links[1] is not None


def test_an_answer_that_tells_no_end_is_not_kept(site):
    customer = site.a_customer(card=None)
    for number in range(2):
        told = {"url": f"https://acme.billingportal.com/manage/{number}"}
        site.will_say("GET", "*management_link.json", 200, told)

    links = [link_of(site, customer) for _ in range(2)]

    assert len(set(links)) == 2


def test_no_log_and_no_representation_holds_a_link(site):
    customer = site.a_customer(card=None)

    with capture_logs() as logs:
        links = {link_of(site, customer) for _ in range(2)}

    told = f"{logs} {vars(site.connector)} {vars(site.connector._portal_links)}"
    [link] = links
    assert link is not None
    assert link not in told


def test_beyond_what_is_kept_the_oldest_is_asked_for_again(site):
    site.connector._portal_links = PortalLinks(most=2)
    customers = [site.a_customer(card=None) for _ in range(3)]

    for one in customers:
        link_of(site, one)
    for one in reversed(customers):
        link_of(site, one)

    assert asked_for_links(site) == 4  # three at first, and again the one that was kept first


def test_many_threads_share_the_links(site):
    customers = [site.a_customer(card=None) for _ in range(4)]
    plan = site.plan("basic")  # read before, since a cached property is made by one thread

    with ThreadPoolExecutor(8) as threads:
        links = list(threads.map(lambda one: link_of(site, one), customers * 10))

    assert plan
    assert None not in links
    assert len(set(links)) == 4
