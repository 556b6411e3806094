import pytest

BASIC_IS_TAKEN = (
    "API Handle: must be unique - 'basic' has been taken by another Product in this Site."
)


def first_family(api):
    return api.get("/product_families.json").json()[0]["product_family"]


def create_product(api, **fields):
    sent = {"name": "Gold", "price_in_cents": 1000, "interval": 1, "interval_unit": "month"}
    path = f"/product_families/{first_family(api)['id']}/products.json"
    return api.post(path, json={"product": sent | fields})


def test_families_are_read_by_id_and_by_handle(api):
    family = first_family(api)

    by_id = api.get(f"/product_families/{family['id']}.json").json()["product_family"]
    by_handle = api.get(f"/product_families/handle:{family['handle']}.json").json()

    assert by_id == by_handle["product_family"] == family


def test_a_family_is_created_with_a_location(api):
    answer = api.post("/product_families.json", json={"product_family": {"name": "New Tools"}})

    family = answer.json()["product_family"]
    assert answer.status_code == 201
    assert family["handle"] == "new-tools"
    assert answer.headers["location"] == (
        f"https://acme.chargify.com/product_families/{family['id']}"
    )


def test_a_familys_handle_is_unique(api):
    sent = {"product_family": {"name": "Again", "handle": "boards"}}

    answer = api.post("/product_families.json", json=sent)

    assert answer.status_code == 422
    assert answer.json() == {"errors": ["API Handle: must be unique - that value has been taken."]}


def test_products_are_paged_and_archived_ones_are_left_out(api):
    seen = api.get("/products.json", params={"per_page": 200}).json()
    with_archived = api.get("/products.json", params={"include_archived": "true"}).json()
    second = api.get("/products.json", params={"per_page": 5, "page": 2}).json()
    beyond = api.get("/products.json", params={"page": 99}).json()

    assert len(with_archived) == len(seen) + 1
    assert second == seen[5:10]
    assert beyond == []


def test_a_product_is_found_by_handle_with_its_default_price_point(api):
    product = api.get("/products/handle/pro.json").json()["product"]

    assert product["trial_interval"] == 14
    assert product["product_price_point_id"] == product["default_product_price_point_id"]
    assert product["product_price_point_handle"].startswith("uuid:")


def test_products_of_an_unknown_family_answer_a_json_string(api):
    answer = api.get("/product_families/1/products.json")

    assert answer.status_code == 404
    assert answer.json() == "A valid product_family_id is required"


def test_a_product_in_an_unknown_family_is_forbidden(api):
    answer = api.post("/product_families/1/products.json", json={"product": {"name": "x"}})

    assert answer.status_code == 403


def test_a_created_product_can_be_read_and_archived_once(api):
    product = create_product(api, handle="gold", trial_interval=7).json()["product"]

    again = api.get(f"/products/{product['id']}.json").json()["product"]
    archived = api.delete(f"/products/{product['id']}.json")
    twice = api.delete(f"/products/{product['id']}.json")

    assert again == product
    assert archived.json()["product"]["archived_at"]
    assert (twice.status_code, twice.json()) == (422, {"errors": ["Product cannot be archived."]})


@pytest.mark.parametrize(
    ("fields", "texts"),
    [
        ({"name": ""}, ["Name: cannot be blank."]),
        ({"interval": 0}, ["Recurring Interval: must be greater than or equal to 1."]),
        ({"interval_unit": "week"}, ["Interval unit: must be 'month' or 'day'."]),
        (
            {"interval_unit": None},
            ["Interval unit: cannot be blank.", "Interval unit: must be 'month' or 'day'."],
        ),
        (
            {"handle": "Bad Handle"},
            ["API Handle: may only contain lowercase letters, numbers, underscores, and dashes"],
        ),
        (
            {"handle": "basic"},
            [BASIC_IS_TAKEN],
        ),
    ],
)
def test_a_product_with_a_fault_is_refused_in_the_vendors_words(api, fields, texts):
    answer = create_product(api, **fields)

    assert (answer.status_code, answer.json()) == (422, {"errors": texts})


def test_price_points_of_a_product_come_newest_first_in_a_wrapped_list(api):
    product = api.get("/products/handle/basic.json").json()["product"]

    rows = api.get(f"/products/{product['id']}/price_points.json").json()["price_points"]
    archived = api.get(f"/products/{product['id']}/price_points.json?archived=true").json()

    assert [row["name"] for row in rows] == ["Yearly", "Original"]
    assert [row["name"] for row in archived["price_points"]] == ["2021 price"]


def test_all_price_points_of_the_site_come_in_one_walk(api):
    everything = api.get("/products_price_points.json?per_page=200").json()["price_points"]
    catalog = api.get("/products_price_points.json?per_page=200&filter[type]=catalog").json()
    live = api.get("/products_price_points.json?per_page=200&filter[archived_at]=null").json()

    assert len(everything) == 18
    assert {row["type"] for row in catalog["price_points"]} == {"catalog"}
    assert len(live["price_points"]) == 16


def test_a_price_point_is_read_by_id_and_by_handle(api):
    product = api.get("/products/handle/basic.json").json()["product"]["id"]

    by_handle = api.get(f"/products/{product}/price_points/handle:basic-yearly.json").json()
    number = by_handle["price_point"]["id"]

    assert api.get(f"/products/{product}/price_points/{number}.json").json() == by_handle


def test_an_unknown_date_field_is_refused_for_the_sites_price_points(api):
    answer = api.get("/products_price_points.json?filter[date_field]=birthday")

    assert answer.status_code == 422
    assert answer.json()["errors"] == ["date_field must be one of: created_at, updated_at"]
