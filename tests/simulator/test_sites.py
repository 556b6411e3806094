"""Several sites in one process, a key for the controls, snapshots, spoilt answers."""

import httpx2
import pytest

from chargify_simulator.testing import ControlRefused, running_simulator


def client(chargify, key, host=None):
    headers = {"host": host} if host else {}
    return httpx2.Client(base_url=chargify.url, auth=(key, "x"), headers=headers)


@pytest.fixture
def second(chargify):
    chargify.open_site("second", "key-2", seed="lived-in")
    with client(chargify, "key-2") as api:
        yield api


def test_a_key_leads_to_its_site(api, second):
    names = [each.get("/site.json").json()["site"]["subdomain"] for each in (api, second)]

    assert names == ["acme", "second"]


@pytest.mark.parametrize("ending", ["chargify.com", "ebilling.maxio.com"])
def test_a_host_name_leads_to_its_site_and_only_its_key_opens_it(chargify, second, ending):
    with client(chargify, "key-2", f"second.{ending}") as right:
        assert right.get("/site.json").json()["site"]["subdomain"] == "second"
    with client(chargify, chargify.api_key, f"second.{ending}") as wrong:
        assert wrong.get("/site.json").status_code == 401
    with client(chargify, "key-2", f"third.{ending}") as nobody:
        assert nobody.get("/site.json").status_code == 404


def test_sites_share_the_clock_and_nothing_else(api, chargify, second, customer):
    number = customer["id"]
    there = second.get(f"/customers/{number}.json")
    chargify.freeze_clock("2035-01-01T12:00:00Z")

    assert there.status_code == 404
    made = {"name": "x", "percentage": "1", "code": "X"}
    family = second.get("/product_families.json").json()[0]["product_family"]["id"]
    second.post(f"/product_families/{family}/coupons.json", json={"coupon": made})
    seen = second.get("/coupons/find.json?code=X").json()["coupon"]["created_at"]
    assert seen == "2035-01-01T07:00:00-05:00"
    assert api.get("/coupons/find.json?code=X").status_code == 404


def test_each_site_has_requests_in_flight_of_its_own(chargify, second):
    sites = chargify.control("GET", "sites")["sites"]
    chargify.control("PUT", "settings", {"in_flight": 1}, site="second")

    assert [each["subdomain"] for each in sites] == ["acme", "second"]
    assert chargify.settings()["in_flight"] == 4
    assert chargify.control("GET", "settings", site="second")["in_flight"] == 1
    with pytest.raises(ControlRefused, match="no site 'third'"):
        chargify.control("GET", "settings", site="third")


def test_the_controls_may_want_a_key():
    with running_simulator(seed="empty", control_key="secret") as simulator:
        open_door = httpx2.get(f"{simulator.url}/_control/state")

        assert open_door.status_code == 401
        assert simulator.state() == []


def test_a_snapshot_brings_everything_back(api, chargify, basic):
    chargify.freeze_clock(basic["created_at"])
    api.post("/endpoints.json", json={"endpoint": {"url": "http://127.0.0.1:9"}})
    paths = ["/subscriptions.json?per_page=200", "/coupons.json", "/events.json", "/endpoints.json"]
    paths += [f"/subscriptions/{basic['id']}.json", "/customers.json?per_page=200", "/site.json"]
    before = [api.get(path).content for path in paths]
    state = chargify.snapshot()
    api.delete(f"/subscriptions/{basic['id']}.json")
    api.post("/product_families.json", json={"product_family": {"name": "more"}})
    chargify.move_clock(offset_seconds=90 * 86_400)

    chargify.restore(state)

    assert [api.get(path).content for path in paths] == before
    assert chargify.snapshot() == state


def test_a_snapshot_may_be_carried_to_another_simulator(chargify, basic):
    state = chargify.snapshot()
    with running_simulator(seed="empty") as other:
        other.restore(state)

        assert other.subscription(basic["id"]) == chargify.subscription(basic["id"])


def test_a_site_on_trial_holds_only_so_many(api, chargify, customer):
    chargify.settings(test_site_maximum=301)

    refused = api.post("/customers.json", json={"customer": customer})

    assert refused.status_code == 422
    assert "301 customers" in refused.json()["errors"][0]


def test_a_truncated_answer_is_half_of_it_and_the_effect_is_whole(api, chargify, basic):
    chargify.fault("DELETE", "/subscriptions/*.json", "truncated")

    answer = api.delete(f"/subscriptions/{basic['id']}.json")

    assert answer.status_code == 200
    assert answer.text.startswith('{"subscription":{')
    assert not answer.text.endswith("}}")
    assert chargify.subscription(basic["id"])["state"] == "canceled"


def test_an_answer_may_come_under_another_type(api, chargify):
    chargify.fault("GET", "/site.json", "wrong_type")

    answer = api.get("/site.json")

    assert answer.headers["content-type"] == "text/html"
    assert answer.json()["site"]["subdomain"] == "acme"


def test_a_spell_of_denial_passes(api, chargify):
    chargify.fault("*", "*", "denied", times=2)

    answers = [api.get("/site.json") for _ in range(3)]

    assert [each.status_code for each in answers] == [401, 401, 200]
    assert answers[0].text == "HTTP Basic: Access denied.\n"


def test_the_same_luck_strikes_the_same_requests(api, chargify):
    def struck():
        fault = chargify.fault(
            "GET", "/site.json", "status", times=None, probability=0.5, seed=3, status=503
        )
        seen = [api.get("/site.json").status_code for _ in range(20)]
        chargify.control("DELETE", f"faults/{fault}")
        return seen

    first = struck()

    assert first == struck()
    assert {200, 503} == set(first)
