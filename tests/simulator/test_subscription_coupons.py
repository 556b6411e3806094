import pytest


def add(api, subscription, *codes, query=None):
    path = f"/subscriptions/{subscription['id']}/add_coupon.json"
    body = {"codes": list(codes)} if codes else None
    return api.post(path, json=body, params={"code": query} if query else None)


def remove(api, subscription, code=None):
    path = f"/subscriptions/{subscription['id']}/remove_coupon.json"
    return api.delete(path, params={"coupon_code": code} if code else None)


def codes_of(api, subscription):
    shown = api.get(f"/subscriptions/{subscription['id']}.json").json()["subscription"]
    return shown["coupon_codes"]


def test_stackable_codes_are_added_in_order_and_in_upper_case(api, basic):
    answer = add(api, basic, "stack5", "STACK7")

    subscription = answer.json()["subscription"]
    assert answer.status_code == 200
    assert (subscription["coupon_code"], subscription["coupon_codes"]) == (
        "STACK5",
        ["STACK5", "STACK7"],
    )
    assert "coupons" not in subscription


def test_a_code_in_the_query_replaces_what_is_there(api, basic):
    add(api, basic, "STACK5")

    answer = add(api, basic, query="save20")

    assert answer.json()["subscription"]["coupon_codes"] == ["SAVE20"]


def test_a_subcode_shows_as_typed(api, basic):
    assert add(api, basic, "partner-north").json()["subscription"]["coupon_codes"] == [
        "PARTNER-NORTH"
    ]


INVALID = ["Coupon is invalid."]


@pytest.mark.parametrize(
    ("codes", "query", "body"),
    [
        ([], None, {"subscription": ["A valid coupon code is required."]}),
        (
            ["not-existing-coupon"],
            None,
            {
                "coupon_codes": [
                    "Coupon Codes: 'not-existing-coupon' - Coupon code could not be found."
                ],
                "subscription": INVALID,
            },
        ),
        (
            ["STACK5"],
            "STACK7",
            {"subscription": [*INVALID, "Only one of 'code' or 'codes' may be set."]},
        ),
        (
            [],
            "nowhere",
            {
                "coupon_code": ["Coupon Code: 'nowhere' - Coupon code could not be found."],
                "subscription": INVALID,
            },
        ),
        (
            ["STACK5", "SAVE20"],
            None,
            {
                "coupon_codes": ["Coupon Codes: 'SAVE20' - That coupon is not stackable"],
                "subscription": INVALID,
            },
        ),
        (
            ["TEACHER"],
            None,
            {
                "coupon_codes": ["Coupon Codes: 'TEACHER' - Coupon code could not be found."],
                "subscription": INVALID,
            },
        ),
    ],
)
def test_a_refusal_has_no_errors_around_it_and_adds_nothing(api, basic, codes, query, body):
    answer = add(api, basic, *codes, query=query)

    assert (answer.status_code, answer.json()) == (422, body)
    assert codes_of(api, basic) == []


@pytest.mark.parametrize("code", ["SUMMER2019", "RETIRED", "FIRST100"])
def test_a_coupon_past_its_day_its_life_or_its_limit_is_refused(api, basic, code):
    answer = add(api, basic, code)

    assert answer.status_code == 422
    assert answer.json()["coupon_codes"][0].startswith(f"Coupon Codes: '{code}' - ")


def test_a_coupon_that_stands_alone_keeps_others_out(api, basic):
    add(api, basic, "SAVE20")

    for code in ("STACK5", "SAVE20"):
        answer = add(api, basic, code)
        assert answer.status_code == 422
        assert answer.json() == {
            "codes": ["Coupon Codes: Subscription already has at least one non-stackable coupon."],
            "subscription": INVALID,
        }


def test_a_stackable_coupon_is_added_again_unless_the_site_refuses_it(api, chargify, basic):
    add(api, basic, "STACK5")
    assert add(api, basic, "STACK5").json()["subscription"]["coupon_codes"] == ["STACK5"] * 2

    chargify.settings(stackable_repeats=False)

    assert add(api, basic, "STACK5").status_code == 422


def test_a_coupon_may_go_on_a_canceled_subscription(api, basic):
    api.delete(f"/subscriptions/{basic['id']}.json")

    assert add(api, basic, "SAVE20").status_code == 200


def test_a_coupon_is_removed_with_a_plain_text(api, basic):
    add(api, basic, "STACK5", "STACK7")

    answer = remove(api, basic, "stack5")

    assert (answer.status_code, answer.text) == (200, "Coupon removed.")
    assert codes_of(api, basic) == ["STACK7"]


def test_a_single_coupon_goes_without_being_named(api, basic):
    add(api, basic, "SAVE20")

    assert remove(api, basic).status_code == 200
    assert codes_of(api, basic) == []


def test_removing_what_is_not_there_is_refused(api, basic):
    nothing = remove(api, basic, "SAVE20")
    add(api, basic, "STACK5")
    other = remove(api, basic, "SAVE20")

    assert nothing.json() == {"subscription": ["This subscription does not have any coupons."]}
    assert other.json() == {"subscription": INVALID}
    assert (nothing.status_code, other.status_code) == (422, 422)


def test_coupons_on_an_unknown_subscription_are_404(api):
    assert add(api, {"id": 1}, "SAVE20").status_code == 404
    assert remove(api, {"id": 1}).status_code == 404
