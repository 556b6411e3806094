import time
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest


def eventually(holds, *, seconds=5.0):
    """Waits in small steps; the work is done by another thread."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "did not come true"
        time.sleep(0.005)


def test_four_run_and_the_fifth_waits_its_turn(api, chargify):
    fault = chargify.fault("GET", "/site.json", "hold_before", times=None)
    with ThreadPoolExecutor(5) as pool:
        answers = [pool.submit(api.get, "/site.json") for _ in range(5)]
        chargify.wait_until_held(fault, count=4)
        eventually(lambda: chargify.stats()["in_flight"] == 5)
        assert chargify.stats()["running"] == 4

        chargify.release(fault)

        assert [each.result().status_code for each in answers] == [200] * 5
    stats = chargify.stats()
    assert (stats["max_in_flight"], stats["max_running"], stats["max_queued"]) == (5, 4, 1)
    assert max(each["in_flight"] for each in chargify.requests()) == 5


def test_too_many_waiting_are_denied_in_the_vendors_words(api, chargify):
    chargify.settings(in_flight=1, queue=0)
    fault = chargify.fault("GET", "/site.json", "hold_before")
    with ThreadPoolExecutor() as pool:
        held = pool.submit(api.get, "/site.json")
        chargify.wait_until_held(fault)

        denied = api.get("/customers.json")
        chargify.release(fault)

        assert held.result().status_code == 200
    assert denied.status_code == 429
    assert denied.text.startswith("Your request was denied due to a usage violation.  You can")
    assert denied.text.endswith(denied.headers["x-request-id"])
    assert "retry-after" not in denied.headers


def test_a_closed_connection_gives_its_slot_back(api, chargify):
    chargify.settings(in_flight=1)
    fault = chargify.fault("DELETE", "/reason_codes/*", "hold_before")
    with pytest.raises(httpx2.ReadTimeout):
        httpx2.delete(
            f"{chargify.url}/reason_codes/8001.json", auth=(chargify.api_key, "x"), timeout=0.2
        )

    assert api.get("/site.json").status_code == 200

    # The vendor still holds the request, and carries it out when it gets there.
    assert api.get("/reason_codes/8001.json").status_code == 200
    chargify.release(fault)
    eventually(lambda: api.get("/reason_codes/8001.json").status_code == 404)


def test_a_request_that_takes_too_long_is_cut(api, chargify):
    chargify.settings(cut_seconds=0.1)
    chargify.fault("DELETE", "/reason_codes/*", "hold_before")

    with pytest.raises(httpx2.RemoteProtocolError):
        api.delete("/reason_codes/8001.json")

    assert api.get("/reason_codes/8001.json").status_code == 200
    assert chargify.requests(method="DELETE")[0]["cut"] is True


def test_more_requests_may_be_allowed_while_some_wait(api, chargify):
    chargify.settings(in_flight=1)
    fault = chargify.fault("GET", "/site.json", "hold_before", times=None)
    with ThreadPoolExecutor() as pool:
        answers = [pool.submit(api.get, "/site.json") for _ in range(3)]
        chargify.wait_until_held(fault, count=1)
        eventually(lambda: chargify.stats()["in_flight"] == 3)

        chargify.settings(in_flight=3)
        chargify.wait_until_held(fault, count=3)
        chargify.release(fault)

        assert [each.result().status_code for each in answers] == [200] * 3
