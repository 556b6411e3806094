import pytest


def create(api, **fields):
    sent = {"first_name": "Zoë", "last_name": "O'Neill", "email": "zoe+test@example.com"}
    return api.post("/customers.json", json={"customer": sent | fields})


def test_a_customer_is_created_read_and_looked_up(api):
    answer = create(api, reference="zoe+1@example.com")

    customer = answer.json()["customer"]
    assert answer.status_code == 201
    assert answer.headers["location"].endswith(f"/customers/{customer['id']}")
    assert api.get(f"/customers/{customer['id']}.json").json()["customer"] == customer
    found = api.get("/customers/lookup.json", params={"reference": "zoe+1@example.com"})
    assert found.json()["customer"] == customer


def test_the_same_address_may_be_used_twice_but_a_reference_only_once(api):
    assert create(api).status_code == create(api).status_code == 201
    create(api, reference="mine")

    answer = create(api, reference="mine")

    assert answer.status_code == 422
    assert answer.json() == {"errors": ["Reference: must be unique - that value has been taken."]}


@pytest.mark.parametrize("body", [None, {}, {"customer": None}, {"customer": "x"}])
def test_a_missing_root_has_a_shape_of_its_own(api, body):
    answer = api.post("/customers.json", json=body)

    assert (answer.status_code, answer.json()) == (422, {"errors": {"customer": "can't be blank"}})


def test_blank_names_are_listed(api):
    answer = api.post("/customers.json", json={"customer": {"first_name": ""}})

    assert answer.json()["errors"] == [
        "First name: cannot be blank.",
        "Last name: cannot be blank.",
        "Email address: cannot be blank.",
    ]


def test_an_update_changes_only_what_is_sent(api, customer):
    path = f"/customers/{customer['id']}.json"

    answer = api.put(path, json={"customer": {"organization": "Ørsta"}})

    assert answer.status_code == 200
    assert answer.json()["customer"]["organization"] == "Ørsta"
    assert answer.json()["customer"]["first_name"] == "Ada"


def test_an_empty_update_counts_as_missing(api, customer):
    answer = api.put(f"/customers/{customer['id']}.json", json={"customer": {}})

    assert answer.json() == {"errors": {"customer": "can't be blank"}}


def test_a_deleted_customer_is_gone(api, customer):
    answer = api.delete(f"/customers/{customer['id']}.json")

    assert (answer.status_code, answer.content) == (204, b"")
    assert api.get(f"/customers/{customer['id']}.json").status_code == 404


def test_a_search_hits_any_field(api):
    create(api, organization="Blaue Blume")

    for words in ("zoe+test", "blaue", "O'Neill", "zoë o'n"):
        found = api.get("/customers.json", params={"q": words, "per_page": 200}).json()
        assert "zoe+test@example.com" in {each["customer"]["email"] for each in found}


def test_customers_come_fifty_to_a_page_oldest_first(api):
    first = [each["customer"] for each in api.get("/customers.json").json()]
    newest = api.get("/customers.json?direction=desc&per_page=1").json()[0]["customer"]

    assert len(first) == 50
    assert first[0]["created_at"] < newest["created_at"]


def test_a_customers_subscriptions_come_unpaged(api, basic, customer):
    rows = api.get(f"/customers/{customer['id']}/subscriptions.json").json()

    assert [row["subscription"]["id"] for row in rows] == [basic["id"]]


def test_a_customer_without_subscriptions_has_an_empty_list(api, customer):
    assert api.get(f"/customers/{customer['id']}/subscriptions.json").json() == []


def test_the_portal_link_stays_the_same_and_is_given_fifteen_times(api, chargify, customer):
    path = f"/portal/customers/{customer['id']}/management_link.json"
    links = [api.get(path) for _ in range(15)]

    refused = api.get(path)

    assert {link.json()["url"] for link in links} == {links[0].json()["url"]}
    assert links[-1].json()["fetch_count"] == 15
    assert refused.status_code == 429
    assert refused.json()["errors"]["new_link_available_at"].endswith("Z")
    chargify.move_clock(offset_seconds=16 * 86_400)
    assert api.get(path).json()["fetch_count"] == 1


def test_the_portal_can_be_switched_off(api, chargify, customer):
    chargify.settings(portal_enabled=False)

    answer = api.get(f"/portal/customers/{customer['id']}/management_link.json")

    assert answer.json() == {"errors": ["Billing Portal is not enabled for this customer."]}
