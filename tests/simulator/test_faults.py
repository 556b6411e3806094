import time
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest

REASON = {"reason_code": {"code": "NEW", "description": "new"}}


def create(api):
    return api.post("/reason_codes.json", json=REASON)


def codes(api):
    return [each["reason_code"]["code"] for each in api.get("/reason_codes.json").json()]


def last_write(chargify):
    return chargify.requests(method="POST", path="/reason_codes")[-1]


def test_a_status_fault_answers_instead_and_nothing_happens(api, chargify):
    html = "<html>Bad gateway</html>"
    fault = chargify.fault("POST", "/reason_codes.json", "status", status=502, body=html)

    answer = create(api)

    assert (answer.status_code, answer.text) == (502, html)
    assert answer.headers["content-type"] == "text/html"
    assert "NEW" not in codes(api)
    entry = last_write(chargify)
    assert (entry["status"], entry["effect"], entry["fault"]) == (502, False, fault)


def test_a_status_fault_may_come_after_the_effect(api, chargify):
    chargify.fault("POST", "/reason_codes.json", "status", status=500, after=True)

    assert create(api).status_code == 500

    assert "NEW" in codes(api)
    assert last_write(chargify)["effect"] is True


@pytest.mark.parametrize(("kind", "happened"), [("cut_before", False), ("cut_after", True)])
def test_a_cut_connection_has_no_answer_and_a_clear_effect(api, chargify, kind, happened):
    chargify.fault("POST", "/reason_codes.json", kind)

    with pytest.raises(httpx2.RemoteProtocolError):
        create(api)

    assert ("NEW" in codes(api)) is happened
    entry = last_write(chargify)
    assert (entry["cut"], entry["effect"], entry["status"]) == (True, happened, None)


@pytest.mark.parametrize(("kind", "happened"), [("hold_before", False), ("hold_after", True)])
def test_a_held_request_goes_on_when_it_is_released(api, chargify, kind, happened):
    fault = chargify.fault("POST", "/reason_codes.json", kind)
    with ThreadPoolExecutor() as pool:
        held = pool.submit(create, api)
        chargify.wait_until_held(fault)
        assert ("NEW" in codes(api)) is happened

        chargify.release(fault)

        assert held.result().status_code == 201
    assert "NEW" in codes(api)


def test_removing_a_fault_releases_what_it_holds(api, chargify):
    fault = chargify.fault("POST", "/reason_codes.json", "hold_before", times=None)
    with ThreadPoolExecutor() as pool:
        held = pool.submit(create, api)
        chargify.wait_until_held(fault)

        chargify.clear_faults()

        assert held.result().status_code == 201


@pytest.mark.parametrize("after", [False, True])
def test_a_delay_only_takes_time(api, chargify, after):
    chargify.fault("POST", "/reason_codes.json", "delay", seconds=0.1, after=after)
    started = time.monotonic()

    answer = create(api)

    assert answer.status_code == 201
    assert time.monotonic() - started >= 0.1


def test_a_slow_body_arrives_whole(api, chargify):
    chargify.fault("GET", "/customers.json", "slow_body", seconds=0.1)
    started = time.monotonic()

    slow = api.get("/customers.json")

    assert time.monotonic() - started >= 0.1
    assert slow.json() == api.get("/customers.json").json()


def test_a_fault_strikes_as_often_as_told(api, chargify):
    chargify.fault("GET", "/site.json", "status", status=500, times=2)

    assert [api.get("/site.json").status_code for _ in range(3)] == [500, 500, 200]


def test_a_fault_for_ever_ends_when_it_is_removed(api, chargify):
    fault = chargify.fault("*", "*", "status", status=500, times=None)
    assert [api.get("/site.json").status_code for _ in range(3)] == [500] * 3

    chargify.control("DELETE", f"faults/{fault}")

    assert api.get("/site.json").status_code == 200


def test_luck_is_the_same_for_the_same_seed(api, chargify):
    def strikes():
        chargify.clear_faults()
        chargify.fault("GET", "/site.json", "status", times=None, probability=0.5, seed=42)
        return [api.get("/site.json").status_code for _ in range(20)]

    first = strikes()

    assert first == strikes()
    assert set(first) == {200, 500}


def test_a_path_pattern_strikes_only_what_it_fits(api, chargify, basic):
    chargify.fault("POST", "/subscriptions/*/add_coupon.json", "status", status=503)

    assert api.get(f"/subscriptions/{basic['id']}.json").status_code == 200
    path = f"/subscriptions/{basic['id']}/add_coupon.json"
    assert api.post(path, json={"codes": ["SAVE20"]}).status_code == 503


def test_a_vendor_that_is_down_answers_nobody_and_comes_back(api, chargify):
    chargify.down()
    with pytest.raises(httpx2.RemoteProtocolError):
        api.get("/site.json")

    chargify.down(False)

    assert api.get("/site.json").status_code == 200


def test_an_unknown_kind_of_fault_is_refused(chargify):
    with pytest.raises(Exception, match="Invalid enum value"):
        chargify.fault("GET", "*", "explode")


def test_the_log_shows_the_body_of_a_request_that_never_arrived(api, chargify):
    chargify.fault("POST", "/reason_codes.json", "status", status=503)

    create(api)

    assert last_write(chargify)["body"] == REASON
