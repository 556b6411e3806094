from collections import Counter

from chargify_simulator.testing import running_simulator

STATES = {
    "trialing",
    "active",
    "assessing",
    "pending",
    "paused",
    "past_due",
    "soft_failure",
    "unpaid",
    "canceled",
    "expired",
    "trial_ended",
    "on_hold",
    "suspended",
    "awaiting_signup",
}


def pages(api, path, root, **query):
    rows, page = [], 1
    while more := api.get(path, params={"per_page": 200, "page": page} | query).json():
        rows += [each[root] for each in more]
        page += 1
    return rows


def test_the_site_holds_every_state_and_plan(api):
    subscriptions = pages(api, "/subscriptions.json", "subscription")
    products = pages(api, "/products.json", "product", include_archived="true")

    assert len(subscriptions) > 300
    assert {each["state"] for each in subscriptions} == STATES
    assert len(products) == 12
    assert {each["product"]["id"] for each in subscriptions} == {each["id"] for each in products}


def test_the_catalogue_has_every_kind(api):
    coupons = api.get("/coupons.json?filter[include_archived]=true").json()
    families = api.get("/product_families.json").json()
    found = [each["coupon"] for each in coupons]

    assert (len(families), len(coupons)) == (3, 20)
    assert {each["discount_type"] for each in found} == {"amount", "percent"}
    assert {each["recurring_scheme"] for each in found} == {
        "do_not_recur",
        "recur_indefinitely",
        "recur_with_duration",
    }
    assert {each["compounding_strategy"] for each in found} == {"compound", "full-price"}
    assert any(each["archived_at"] for each in found)
    assert any(each["coupon_restrictions"] for each in found)
    partner = next(each for each in found if each["code"] == "PARTNER")
    assert "25%OFF" in api.get(f"/coupons/{partner['id']}/codes.json").json()["codes"]


def test_customers_have_the_gaps_and_signs_of_real_ones(api):
    customers = pages(api, "/customers.json", "customer")

    assert len(customers) == 300
    assert any(each["reference"] is None for each in customers)
    assert any("ü" in each["last_name"] for each in customers)
    assert any("+" in each["email"] for each in customers)
    assert max(Counter(each["email"] for each in customers).values()) == 2


def test_cards_are_good_bad_old_imported_and_missing(api):
    profiles = pages(api, "/payment_profiles.json", "payment_profile")
    subscriptions = pages(api, "/subscriptions.json", "subscription")

    assert {each["masked_card_number"] for each in profiles} == {
        None,
        "XXXX-XXXX-XXXX-1",
        "XXXX-XXXX-XXXX-2",
    }
    assert 2021 in {each["expiration_year"] for each in profiles}
    assert any("credit_card" not in each for each in subscriptions)


def test_some_have_two_subscriptions_to_one_plan(chargify):
    owned = Counter((each["customer_id"], each["product_id"]) for each in chargify.state())
    states = {}
    for each in chargify.state():
        pair = states.setdefault((each["customer_id"], each["product_id"]), set())
        pair.add(each["state"])

    twice = [key for key, count in owned.items() if count == 2]
    assert len(twice) >= 15
    assert any({"active", "canceled"} == states[key] for key in twice)


def test_the_same_number_gives_the_same_site():
    def facts(number):
        with running_simulator(seed_number=number) as simulator:
            return [
                (each["id"], each["customer_id"], each["state"], each["coupon_codes"])
                for each in simulator.state()
            ]

    assert facts(7) == facts(7)
    assert facts(7) != facts(8)
