from datetime import UTC, datetime, timedelta

import pytest


def family_id(api, handle="boards"):
    return api.get(f"/product_families/handle:{handle}.json").json()["product_family"]["id"]


def create(api, **fields):
    sent = {"name": "Spring", "code": "spring", "percentage": "15.2"} | fields
    path = f"/product_families/{family_id(api)}/coupons.json"
    return api.post(path, json={"coupon": {k: v for k, v in sent.items() if v is not None}})


def test_coupons_come_thirty_to_a_page_without_the_archived(api):
    rows = api.get("/coupons.json").json()
    everything = api.get("/coupons.json?filter[include_archived]=true").json()

    assert len(rows) == 19
    assert len(everything) == 20


def test_the_coupons_of_a_family_are_its_own(api):
    rows = api.get(f"/product_families/{family_id(api, 'education')}/coupons.json").json()

    assert [row["coupon"]["code"] for row in rows] == ["TEACHER"]


def test_a_coupon_is_filtered_by_code_and_id(api):
    row = api.get("/coupons.json?filter[codes]=SAVE20,ODD").json()

    assert {each["coupon"]["code"] for each in row} == {"SAVE20", "ODD"}


def test_a_coupon_of_another_family_is_missing_there(api):
    coupon = api.get("/coupons/find.json?code=SAVE20").json()["coupon"]

    right = api.get(f"/product_families/{family_id(api)}/coupons/{coupon['id']}.json")
    wrong = api.get(f"/product_families/{family_id(api, 'addons')}/coupons/{coupon['id']}.json")

    assert right.json()["coupon"] == coupon
    assert wrong.status_code == 404


def test_find_looks_only_in_the_first_family_unless_told(api):
    assert api.get("/coupons/find.json?code=TEACHER").status_code == 404

    found = api.get(
        f"/coupons/find.json?code=teacher&product_family_id={family_id(api, 'education')}"
    )

    assert found.json()["coupon"]["code"] == "TEACHER"


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("NOPE", "Coupon code could not be found."),
        ("RETIRED", "That coupon is no longer active."),
        ("SUMMER2019", "That coupon has expired."),
        ("TEACHER", "Coupon code could not be found."),
    ],
)
def test_an_unusable_coupon_does_not_validate(api, code, text):
    answer = api.get("/coupons/validate.json", params={"code": code})

    assert (answer.status_code, answer.json()) == (404, {"errors": text})


def test_a_subcode_validates_to_its_coupon(api):
    answer = api.get("/coupons/validate.json", params={"code": "25%off"})

    assert answer.json()["coupon"]["code"] == "PARTNER"


def test_a_restricted_coupon_validates_only_for_its_product(api):
    pro = api.get("/products/handle/pro.json").json()["product"]["id"]
    basic = api.get("/products/handle/basic.json").json()["product"]["id"]

    right = api.get(f"/coupons/validate.json?code=PROONLY&product_id={pro}")
    wrong = api.get(f"/coupons/validate.json?code=PROONLY&product_id={basic}")

    assert right.json()["coupon"]["coupon_restrictions"][0]["item_id"] == pro
    assert wrong.status_code == 404


def test_a_percentage_coupon_has_no_amount(api):
    coupon = create(api).json()["coupon"]

    assert coupon["code"] == "SPRING"
    assert (coupon["percentage"], coupon["amount"], coupon["amount_in_cents"]) == (
        "15.2",
        None,
        None,
    )
    assert coupon["recurring_scheme"] == "do_not_recur"


def test_an_amount_coupon_shows_both_forms(api):
    coupon = create(api, percentage=None, amount_in_cents=1234).json()["coupon"]

    assert (coupon["amount"], coupon["amount_in_cents"], coupon["percentage"]) == (
        12.34,
        1234,
        None,
    )


def test_a_coupon_can_be_added_until_the_end_of_its_last_day(api):
    coupon = create(api, end_date="2040-06-30").json()["coupon"]

    assert coupon["end_date"] == "2040-06-30T23:59:59-04:00"


@pytest.mark.parametrize(
    ("fields", "texts"),
    [
        ({"name": "", "code": ""}, ["Name: cannot be blank.", "Code: cannot be blank."]),
        (
            {"amount_in_cents": 500},
            [
                "Either a Discount Percentage or Amount must be specified, but not both",
                "Cannot create prices for a percentage-based coupon.",
            ],
        ),
        (
            {"percentage": "105", "code": "SAVE20"},
            [
                "Percentage: must be less than or equal to 100.",
                "Code: must be unique - that value has been taken.",
            ],
        ),
        (
            {"percentage": None, "amount_in_cents": -10, "end_date": "2019-01-01"},
            [
                "Amount: must be greater than or equal to $0.00.",
                "Expiration Date cannot be in the past",
            ],
        ),
    ],
)
def test_a_coupon_with_a_fault_is_refused_in_the_vendors_words(api, fields, texts):
    answer = create(api, **fields)

    assert (answer.status_code, answer.json()) == (422, {"errors": texts})


def test_restrictions_ignore_unknown_and_false_products(api):
    basic = api.get("/products/handle/basic.json").json()["product"]["id"]
    body = {
        "coupon": {
            "name": "Only",
            "code": "ONLY",
            "amount_in_cents": 100,
            "allow_negative_balance": True,
        },
        "restricted_products": {str(basic): True, "1": True, "2": False},
    }

    coupon = api.post(f"/product_families/{family_id(api)}/coupons.json", json=body).json()

    assert [each["item_id"] for each in coupon["coupon"]["coupon_restrictions"]] == [basic]
    assert coupon["coupon"]["allow_negative_balance"] is False


def test_an_archived_coupon_is_no_longer_found(api):
    coupon = create(api).json()["coupon"]

    archived = api.delete(f"/product_families/{family_id(api)}/coupons/{coupon['id']}.json")

    assert archived.json()["coupon"]["archived_at"]
    assert api.get("/coupons/find.json?code=SPRING").status_code == 404


def test_a_coupon_in_an_unknown_family_is_404(api):
    assert api.post("/product_families/1/coupons.json", json={"coupon": {}}).status_code == 404


def test_times_carry_the_sites_offset(api):
    created = create(api).json()["coupon"]["created_at"]

    instant = datetime.fromisoformat(created)
    assert instant.utcoffset() in {timedelta(hours=-4), timedelta(hours=-5)}
    assert abs(datetime.now(UTC) - instant) < timedelta(seconds=10)
