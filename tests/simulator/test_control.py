import time
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest

from chargify_simulator.testing import ControlRefused, running_simulator


def test_the_index_names_every_control(chargify):
    controls = chargify.control("GET", "")["controls"]

    assert "POST /_control/faults/{id}/release" in controls


def test_the_log_shows_what_was_asked_and_answered(api, chargify, customer):
    api.post(
        "/payment_profiles.json",
        json={
            "payment_profile": {
                "customer_id": customer["id"],
                "full_number": "4111111111111111",
                "cvv": "123",
                "expiration_month": 1,
                "expiration_year": 2040,
            }
        },
        headers={"user-agent": "a-test"},
    )

    entry = chargify.requests(path="/payment_profiles")[0]

    sent = entry["body"]["payment_profile"]
    assert (sent["full_number"], sent["cvv"]) == ("***", "***")
    assert (entry["method"], entry["status"], entry["effect"]) == ("POST", 201, True)
    assert (entry["user_agent"], entry["api_key_ok"]) == ("a-test", True)
    assert entry["finished"] is True


def test_the_log_is_read_from_a_point_on_and_can_be_cleared(api, chargify):
    api.get("/site.json")
    last = chargify.requests()[-1]["n"]
    api.get("/customers.json?page=2")

    later = chargify.requests(since=last)

    assert [(each["path"], each["query"]) for each in later] == [("/customers.json", "page=2")]
    chargify.clear_requests()
    assert chargify.requests() == []


def test_reading_has_no_effect_and_a_refusal_has_none(api, chargify):
    api.get("/site.json")
    api.post("/reason_codes.json", json={})

    assert [each["effect"] for each in chargify.requests()] == [False, False]


def test_a_wrong_key_is_seen_in_the_log(chargify):
    httpx2.get(f"{chargify.url}/site.json", auth=("wrong", "x"))

    assert chargify.requests()[0]["api_key_ok"] is False


def test_reset_brings_everything_back(api, chargify, basic):
    chargify.settings(in_flight=1, api_key="other")
    chargify.texts({"coupon.expired": "Gone."})
    chargify.freeze_clock("2030-01-01T00:00:00Z")
    chargify.fault("*", "*", "status", times=None)
    chargify.down()

    chargify.reset()

    assert api.get("/site.json").status_code == 200
    assert api.get(f"/subscriptions/{basic['id']}.json").status_code == 404
    assert chargify.texts()["coupon.expired"]["text"] == "That coupon has expired."
    assert chargify.settings()["in_flight"] == 4
    assert chargify.control("GET", "clock")["frozen_at"] is None


def test_an_assumed_text_can_be_changed(api, chargify):
    assert chargify.texts()["coupon.expired"]["assumed"] is True

    chargify.texts({"coupon.expired": "Too late, {code}!"})

    answer = api.get("/coupons/validate.json?code=SUMMER2019")
    assert answer.json() == {"errors": "Too late, {code}!"}


def test_a_subscription_is_forced_into_any_state(api, chargify, basic):
    chargify.force(basic["id"], state="soft_failure", canceled_at="2030-01-01T00:00:00Z")

    shown = api.get(f"/subscriptions/{basic['id']}.json").json()["subscription"]

    assert (shown["state"], shown["previous_state"]) == ("soft_failure", "soft_failure")
    assert shown["canceled_at"] == "2029-12-31T19:00:00-05:00"


def test_the_state_is_the_truth_in_short(api, chargify, basic):
    api.post(f"/subscriptions/{basic['id']}/add_coupon.json", json={"codes": ["SAVE20"]})

    truth = chargify.subscription(basic["id"])

    assert truth["state"] == "active"
    assert truth["coupon_codes"] == ["SAVE20"]
    assert truth["customer_id"] == basic["customer"]["id"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "settings", {"speed": 1}),
        ("PUT", "settings", {"in_flight": "many"}),
        ("PUT", "texts", {"no.such": "text"}),
        ("PUT", "subscriptions/1", {"state": "active"}),
        ("POST", "seed", {"name": "jungle"}),
        ("POST", "faults/77/release", None),
        ("PUT", "clock", {"frozen_at": "tomorrow"}),
        ("GET", "nothing", None),
    ],
)
def test_an_order_that_makes_no_sense_is_refused(chargify, method, path, body):
    with pytest.raises(ControlRefused):
        chargify.control(method, path, body)


def test_a_site_can_be_sown_empty(api, chargify):
    chargify.seed("empty")

    assert api.get("/subscriptions.json").json() == []
    assert api.get("/product_families.json").json() == []


def test_a_simulator_starts_quickly():
    with running_simulator(seed="empty"):
        pass  # imports are done
    started = time.monotonic()

    with running_simulator() as simulator:
        simulator.stats()

    assert time.monotonic() - started < 1  # about 0.03 s; the bound is for busy machines


def test_a_simulator_that_holds_a_request_ends_quietly(capfd):
    def ask(simulator):
        return httpx2.get(f"{simulator.url}/site.json", auth=(simulator.api_key, "x"))

    with ThreadPoolExecutor() as pool:
        with running_simulator(seed="empty") as simulator:
            fault = simulator.fault("GET", "*", "hold_before")
            held = pool.submit(ask, simulator)
            simulator.wait_until_held(fault)

        with pytest.raises(httpx2.RemoteProtocolError):
            held.result()

    assert capfd.readouterr().err == ""


def test_two_simulators_share_nothing():
    with running_simulator(subdomain="one") as one, running_simulator(subdomain="two") as two:
        one.seed("empty")

        assert one.state() == []
        assert two.state()
