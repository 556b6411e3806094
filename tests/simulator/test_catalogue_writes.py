"""Price points, products, coupons, subcodes: what their owner may change."""

import pytest


@pytest.fixture
def product(api):
    return api.get("/products/handle/basic.json").json()["product"]


def points(product, end=""):
    return f"/products/{product['id']}/price_points{end}.json"


def add_point(api, product, **fields):
    sent = {"name": "New", "price_in_cents": 1234, "interval": 1, "interval_unit": "month"}
    return api.post(points(product), json={"price_point": sent | fields})


def coupon_path(api, code, end=""):
    coupon = api.get("/coupons/find.json", params={"code": code}).json()["coupon"]
    return f"/product_families/{coupon['product_family_id']}/coupons/{coupon['id']}{end}.json"


def test_a_price_point_is_made_changed_and_put_away(api, product):
    made = add_point(api, product, handle="new")
    point = made.json()["price_point"]
    changed = api.put(
        points(product, f"/{point['id']}"), json={"price_point": {"price_in_cents": 99}}
    )
    gone = api.delete(points(product, f"/{point['id']}")).json()["price_point"]
    back = api.patch(points(product, f"/{point['id']}/unarchive")).json()["price_point"]

    assert (made.status_code, point["handle"], point["type"]) == (201, "new", "catalog")
    assert changed.json()["price_point"]["price_in_cents"] == 99
    assert gone["archived_at"] is not None
    assert back["archived_at"] is None


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (None, {"price_point": "can't be blank"}),
        (
            {"name": ""},
            {
                "name": ["Name: cannot be blank."],
                "interval": ["Recurring Interval: cannot be blank."],
                "interval_unit": [
                    "Interval unit: cannot be blank.",
                    "Interval unit: must be 'month' or 'day'.",
                ],
                "price": ["Price: is not a number."],
                "price_in_cents": ["Price in cents: cannot be blank."],
            },
        ),
        (
            {"name": "x", "interval": 0, "interval_unit": "day", "price_in_cents": 1},
            {"interval": ["Recurring Interval: must be greater than or equal to 1."]},
        ),
        (
            {"name": "x", "interval": 1, "interval_unit": "day", "price_in_cents": -1},
            {"price": ["Price: must be greater than or equal to 0."]},
        ),
    ],
)
def test_a_price_point_is_refused_field_by_field(api, product, sent, said):
    refused = api.post(points(product), json=sent and {"price_point": sent})

    assert (refused.status_code, refused.json()) == (422, {"errors": said})


def test_the_default_is_for_new_subscribers_only(api, product, world):
    before = world.live()
    point = add_point(api, product).json()["price_point"]

    promoted = api.patch(points(product, f"/{point['id']}/default")).json()["product"]

    assert (promoted["price_in_cents"], promoted["product_price_point_id"]) == (1234, point["id"])
    assert world.live()["product_price_in_cents"] == 1234
    again = api.get(f"/subscriptions/{before['id']}.json").json()["subscription"]
    assert again["product_price_in_cents"] == 900


def test_many_price_points_are_made_or_none(api, product):
    good = {"name": "a", "price_in_cents": 1, "interval": 1, "interval_unit": "month"}
    path = points(product, "/bulk")

    made = api.post(path, json={"price_points": [good, good | {"name": "b"}]})
    refused = api.post(path, json={"price_points": [good, good | {"name": ""}]})

    assert (made.status_code, len(made.json()["price_points"])) == (201, 2)
    assert refused.json() == {"errors": {"price_points[1].name": ["Name: cannot be blank."]}}


def test_another_price_of_a_product_is_a_new_price_point(api, product):
    changed = api.put(
        f"/products/{product['id']}.json", json={"product": {"price_in_cents": 1000}}
    ).json()["product"]

    assert changed["price_in_cents"] == 1000
    assert changed["product_price_point_id"] != product["product_price_point_id"]
    old = api.get(points(product, f"/{product['product_price_point_id']}")).json()["price_point"]
    assert (old["price_in_cents"], old["type"]) == (900, "catalog")


def test_a_products_words_change_in_place(api, product):
    path = f"/products/{product['id']}.json"

    changed = api.put(path, json={"product": {"name": "Basic+"}}).json()["product"]
    refused = api.put(path, json={"product": {"handle": "pro"}})

    assert changed["product_price_point_id"] == product["product_price_point_id"]
    assert changed["name"] == "Basic+"
    assert refused.json()["errors"] == [
        "API Handle: must be unique - 'pro' has been taken by another Product in this Site."
    ]


def test_a_coupon_changes_only_where_told(api):
    path = coupon_path(api, "SAVE20")

    changed = api.put(path, json={"coupon": {"percentage": "25", "end_date": "2050-01-31"}})
    refused = api.put(path, json={"coupon": {"code": "ODD", "percentage": 105}})

    coupon = changed.json()["coupon"]
    assert (coupon["code"], coupon["percentage"], coupon["recurring"]) == ("SAVE20", "25", True)
    assert coupon["end_date"] == "2050-01-31T23:59:59-05:00"
    assert refused.json()["errors"] == [
        "Percentage: must be less than or equal to 100.",
        "Code: must be unique - that value has been taken.",
    ]


def test_the_usage_of_a_coupon_has_a_row_for_every_product_of_its_family(api, world):
    code = world.coupon(percentage="10").json()["coupon"]["code"]
    world.live(coupon_codes=[code])

    rows = api.get(coupon_path(api, code, "/usage")).json()

    used = next(each for each in rows if each["name"] == "Basic")
    assert (used["signups"], used["savings_in_cents"], used["revenue_in_cents"]) == (1, 90, 810)
    assert sum(each["signups"] for each in rows) == 1


def test_subcodes_are_added_replaced_and_taken_away(api, world):
    coupon = world.coupon(percentage="10").json()["coupon"]
    path = f"/coupons/{coupon['id']}/codes.json"
    api.post(path, json={"codes": ["one", "TWO"]})
    again = api.post(path, json={"codes": ["one", "three"]}).json()
    replaced = api.put(path, json={"codes": ["FOUR", "25%OFF-X"]}).json()
    deleted = api.delete(f"/coupons/{coupon['id']}/codes/25%25OFF-X.json")
    missing = api.delete(f"/coupons/{coupon['id']}/codes/ONE.json")

    assert again == {"created_codes": ["THREE"], "duplicate_codes": ["ONE"], "invalid_codes": []}
    assert replaced["created_codes"] == ["FOUR", "25%OFF-X"]
    assert (deleted.status_code, missing.status_code) == (200, 404)
    assert api.get(path).json() == {"codes": ["FOUR"]}


def test_a_subscription_shows_the_subcode_that_was_typed(world):
    coupon = world.coupon(percentage="10").json()["coupon"]
    world.api.post(f"/coupons/{coupon['id']}/codes.json", json={"codes": ["north"]})

    assert world.live(coupon_codes=["North"])["coupon_codes"] == ["NORTH"]


def test_a_percentage_has_no_prices_in_other_currencies(api):
    number = coupon_path(api, "SAVE20").split("/")[-1]

    refused = api.put(f"/coupons/{number.removesuffix('.json')}/currency_prices.json", json={})

    assert refused.json() == {
        "errors": ["Cannot create prices for a percentage-based coupon."],
    }


def test_a_profile_changes_its_words_and_its_number(api, good_card):
    path = f"/payment_profiles/{good_card['id']}.json"

    words = api.put(path, json={"payment_profile": {"last_name": "King", "billing_zip": "1"}})
    number = api.put(
        path, json={"payment_profile": {"full_number": "4242424242424242", "expiration_year": 2050}}
    )
    blank = api.put(path, json={"payment_profile": {}})

    assert words.json()["payment_profile"]["last_name"] == "King"
    changed = number.json()["payment_profile"]
    assert (changed["masked_card_number"], changed["card_type"]) == ("XXXX-XXXX-XXXX-4242", "visa")
    assert blank.json() == {"errors": {"payment_profile": "can't be blank"}}


def test_a_profile_goes_from_all_subscriptions_of_its_customer(api, world):
    first = world.live()
    card = first["credit_card"]["id"]
    world.sign_up(
        customer_id=first["customer"]["id"], product_handle="basic", payment_profile_id=card
    )

    gone = api.delete(f"/subscriptions/{first['id']}/payment_profiles/{card}.json")

    rows = api.get(f"/customers/{first['customer']['id']}/subscriptions.json").json()
    assert gone.status_code == 204
    assert [each["subscription"].get("credit_card") for each in rows] == [None, None]


def test_a_purge_takes_the_customer_along_when_told(api, world):
    subscription = world.live()
    customer = subscription["customer"]["id"]
    query = f"?ack={customer}&cascade[]=customer&cascade[]=payment_profile"

    done = api.post(f"/subscriptions/{subscription['id']}/purge.json{query}")

    assert done.status_code == 200
    assert api.get(f"/customers/{customer}.json").status_code == 404
    assert api.get(f"/payment_profiles.json?customer_id={customer}").json() == []


def test_a_friend_can_be_named_at_signup(api, world):
    known = api.get("/referral_codes/validate.json?code=FRIEND")
    stranger = world.sign_up(
        customer_id=world.customer()["id"], product_handle="free", ref="nobody"
    )

    assert known.json()["referral_code"]["code"] == "FRIEND"
    assert stranger.json() == {"errors": ["Invalid referral code."]}


def test_the_portal_is_enabled_once(api, chargify, customer):
    chargify.settings(portal_enabled=False)
    path = f"/portal/customers/{customer['id']}"

    refused = api.get(f"{path}/management_link.json")
    enabled = api.post(f"{path}/enable.json?auto_invite=1").json()["customer"]
    twice = api.post(f"{path}/enable.json")

    assert refused.status_code == 422
    assert enabled["portal_customer_created_at"] is not None
    assert twice.json() == {"errors": ["Portal is already enabled for this customer."]}
    assert api.get(f"{path}/management_link.json").json()["last_invite_sent_at"] is not None


def test_calendar_billing_ends_the_first_period_on_its_day(chargify, world):
    chargify.freeze_clock("2030-04-16T12:00:00-04:00")

    def first(charge):
        terms = {"snap_day": 1, "calendar_billing_first_charge": charge}
        return world.live(product_handle="basic", calendar_billing=terms)

    prorated, immediate, delayed = map(first, ("prorated", "immediate", "delayed"))

    assert prorated["current_period_ends_at"] == "2030-05-01T12:00:00-04:00"
    # 15 of 30 days of 9.00; the whole; nothing yet
    assert [each["total_revenue_in_cents"] for each in (prorated, immediate, delayed)] == [
        450,
        900,
        0,
    ]


def test_a_discount_that_may_go_below_zero_pays_later_bills(api, chargify, world):
    subscription = world.live(coupon_codes=["CREDIT"])
    chargify.move_clock(offset_seconds=40 * 86_400)

    after = api.get(f"/subscriptions/{subscription['id']}.json").json()["subscription"]
    # 100.00 off 9.00 leaves 91.00, of which the renewal takes 9.00
    assert subscription["credit_balance_in_cents"] == 9100
    assert (after["credit_balance_in_cents"], after["total_revenue_in_cents"]) == (8200, 0)
