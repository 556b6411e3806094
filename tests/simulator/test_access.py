import httpx2
import pytest


def test_a_wrong_key_is_told_in_plain_text(chargify):
    answer = httpx2.get(f"{chargify.url}/site.json", auth=("wrong", "x"))

    assert answer.status_code == 401
    assert answer.text == "HTTP Basic: Access denied.\n"


def test_a_request_without_credentials_is_denied(chargify):
    answer = httpx2.get(f"{chargify.url}/subscriptions.json")

    assert answer.status_code == 401


def test_a_coupon_is_validated_without_credentials(chargify):
    answer = httpx2.get(f"{chargify.url}/coupons/validate.json", params={"code": "SAVE20"})

    assert answer.status_code == 200
    assert answer.json()["coupon"]["code"] == "SAVE20"


def test_a_key_rotated_at_the_vendor_locks_the_old_one_out(chargify, api):
    chargify.settings(api_key="new-key")

    assert api.get("/site.json").status_code == 401
    assert httpx2.get(f"{chargify.url}/site.json", auth=("new-key", "X")).status_code == 200


def test_the_site_says_that_it_is_a_test_site(api):
    site = api.get("/site.json").json()["site"]

    assert (site["subdomain"], site["test"], site["currency"]) == ("acme", True, "USD")


@pytest.mark.parametrize(
    "path",
    [
        "/subscriptions/1.json",
        "/subscriptions/abc.json",
        "/subscriptions/lookup.json?reference=nobody",
        "/customers/1.json",
        "/customers/lookup.json?reference=nobody",
        "/customers/1/subscriptions.json",
        "/products/1.json",
        "/products/handle/nothing.json",
        "/product_families/1.json",
        "/product_families/1/coupons.json",
        "/coupons/find.json?code=NOTHING",
        "/payment_profiles/1.json",
        "/reason_codes/1.json",
        "/portal/customers/1/management_link.json",
    ],
)
def test_a_missing_record_is_a_404_whose_body_is_one_space(api, path):
    answer = api.get(path)

    assert answer.status_code == 404
    assert answer.text == " "
    assert answer.headers["content-type"].startswith("application/json")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/invoices.json"),
        ("POST", "/subscriptions/1/metadata.json"),
        ("GET", "/subscriptions"),
    ],
)
def test_what_the_simulator_lacks_says_so(api, method, path):
    answer = api.request(method, path)

    assert answer.status_code == 404
    assert answer.headers["x-simulator"] == "not-implemented"
    assert answer.json()["simulator"] == "not implemented"


def test_a_body_that_is_not_json_is_refused(api):
    answer = api.post("/customers.json", content=b"first_name=Ada")

    assert answer.status_code == 400


def test_every_answer_names_its_request(api):
    first, second = api.get("/site.json"), api.get("/site.json")

    assert first.headers["x-request-id"] != second.headers["x-request-id"]
    assert first.headers["etag"] == second.headers["etag"]
