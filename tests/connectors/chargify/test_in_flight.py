from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from standfast.connectors.slots import Lane
from standfast.contract.transport import Call, Method


def test_no_more_calls_are_in_flight_than_the_site_may_have(site):
    clicks = site.transport()
    pages = replace(clicks, lane=Lane.SYNC)
    site.simulator.fault("GET", "/site.json", "delay", seconds=0.005, times=None)
    site.simulator.clear_requests()

    with ThreadPoolExecutor(12) as pool:
        calls = [
            pool.submit(one.send, Call(Method.GET, "/site.json")) for one in [clicks, pages] * 15
        ]

    assert {one.result().status for one in calls} == {200}
    assert site.simulator.stats()["max_in_flight"] == clicks.slots.in_flight == 3


def test_too_many_requests_pause_the_site_until_it_says(site):
    transport = site.transport()
    site.simulator.fault("GET", "/site.json", "status", status=429, headers={"retry-after": "30"})

    transport.send(Call(Method.GET, "/site.json"))

    assert 29 < transport.slots.pause_seconds <= 30
