"""More of the vendor's asserted answers: what becomes of a subscription, and its plan."""

from collections.abc import Callable

import httpx2

from simulator.vendor_world import CARD, World

Case = Callable[[World], httpx2.Response]
SUB = "/subscriptions/{id}"
PAST = "2020-01-01T12:00:00Z"
DECLINING = CARD | {"full_number": "2"}


def on(world: World, subscription: dict, method: str, operation: str, body: object = None):
    path = f"/subscriptions/{subscription['id']}/{operation}.json"
    return world.api.request(method, path, json=body)


def held(world: World) -> dict:
    subscription = world.live()
    on(world, subscription, "POST", "hold")
    return subscription


def past_due(world: World) -> dict:
    """Its trial ended with a card that declines."""
    subscription = world.live(product_handle="pro", credit_card_attributes=DECLINING)
    on(world, subscription, "PUT", "activate", {"revert_on_failure": True})
    fields = {"next_billing_at": "2040-01-01"}
    world.api.put(f"/subscriptions/{subscription['id']}.json", json={"subscription": fields})
    world.force(subscription["id"], state="past_due")
    return subscription


def waiting(world: World, **more: object) -> dict:
    return world.live(initial_billing_at="2040-01-01", **more)


def activate(world: World, subscription: dict, *, reverts: bool) -> httpx2.Response:
    return on(world, subscription, "PUT", "activate", {"revert_on_failure": reverts})


def without_card(world: World) -> dict:
    world.product(handle="dollar", price_in_cents=100, require_credit_card=False)
    customer = world.customer()
    answer = world.sign_up(
        customer_id=customer["id"], product_handle="dollar", initial_billing_at="2040-01-01"
    )
    return answer.json()["subscription"]


def override(world: World, starts_at: str) -> httpx2.Response:
    fields = {"current_period_starts_at": starts_at}
    return on(world, world.live(), "PUT", "override", {"subscription": fields})


def change(world: World, **fields: object) -> httpx2.Response:
    path = f"/subscriptions/{world.live()['id']}.json"
    return world.api.put(path, json={"subscription": fields})


def same_price(world: World) -> httpx2.Response:
    for handle in ("ten", "also-ten"):
        world.product(handle=handle, price_in_cents=1000)
    subscription = world.live(product_handle="ten")
    body = {"migration": {"product_handle": "also-ten"}}
    return on(world, subscription, "POST", "migrations/preview", body)


STATUS_CASES: dict[str, Case] = {
    f"POST {SUB}/hold.json 1": lambda w: on(w, w.live(), "POST", "hold"),
    f"POST {SUB}/hold.json 2": lambda w: on(w, held(w), "POST", "hold"),
    f"PUT {SUB}/hold.json 1": lambda w: on(w, w.live(), "PUT", "hold"),
    f"PUT {SUB}/hold.json 2": lambda w: on(
        w, held(w), "PUT", "hold", {"hold": {"automatically_resume_at": PAST}}
    ),
    f"POST {SUB}/resume.json 1": lambda w: on(w, held(w), "POST", "resume"),
    f"POST {SUB}/resume.json 2": lambda w: on(w, w.live(), "POST", "resume"),
    f"PUT {SUB}/reactivate.json 1": lambda w: on(
        w, w.canceled(), "PUT", "reactivate", {"resume": True, "coupon_code": "ff"}
    ),
    f"PUT {SUB}/reactivate.json 2": lambda w: on(w, w.live(), "PUT", "reactivate"),
    f"PUT {SUB}/retry.json 1": lambda w: on(w, w.live(), "PUT", "retry"),
    f"PUT {SUB}/retry.json 2": lambda w: on(w, w.canceled(), "PUT", "retry"),
    f"POST {SUB}/cancel_dunning.json 1": lambda w: on(w, w.live(), "POST", "cancel_dunning"),
    f"POST {SUB}/cancel_dunning.json 2": lambda w: on(w, past_due(w), "POST", "cancel_dunning"),
    f"PUT {SUB}.json 1": lambda w: change(w, credit_card_attributes=CARD | {"full_number": "000"}),
    f"PUT {SUB}.json 2": lambda w: change(w, product_id=999, product_price_point_id=999),
    f"PUT {SUB}/override.json 1": lambda w: override(w, "2060-01-01T00:00:00Z"),
    f"PUT {SUB}/override.json 2": lambda w: override(w, PAST),
    f"PUT {SUB}/activate.json 1": lambda w: on(w, w.live(), "PUT", "activate"),
    f"PUT {SUB}/activate.json 2": lambda w: activate(
        w, waiting(w, credit_card_attributes=DECLINING), reverts=False
    ),
    f"PUT {SUB}/activate.json 3": lambda w: activate(
        w, waiting(w, credit_card_attributes=DECLINING), reverts=True
    ),
    f"PUT {SUB}/activate.json 4": lambda w: activate(w, without_card(w), reverts=False),
    f"POST {SUB}/migrations/preview.json 1": same_price,
}


def price_point(world: World, *, is_custom: bool) -> httpx2.Response:
    if is_custom:
        price = {"price_in_cents": 100, "interval": 1, "interval_unit": "month"}
        subscription = world.live(custom_price=price)
        point = subscription["product_price_point_id"]
    else:
        subscription = world.live()
        point = subscription["product"]["default_product_price_point_id"]
    return world.api.delete(f"/products/{subscription['product']['id']}/price_points/{point}.json")


def subcodes(world: World) -> httpx2.Response:
    coupon = world.coupon(percentage="10").json()["coupon"]
    partner = world.api.get("/coupons/find.json?code=PARTNER").json()["coupon"]
    world.api.delete(f"/coupons/{partner['id']}/codes/25%25OFF.json")
    codes = ["abc", "ccc123", "PPPPPP", "DD", "25%OFF", "ALLOWED%@+-_.", "DD", " ", ""]
    sent = {"codes": [*codes, "NOTALLOWED$#?!", "ABC C"]}
    return world.api.post(f"/coupons/{coupon['id']}/codes.json", json=sent)


def asked_six_times(world: World) -> httpx2.Response:
    subscription = world.live()
    for _ in range(5):
        on(world, subscription, "POST", "request_payment_profiles_update")
    return on(world, subscription, "POST", "request_payment_profiles_update")


OTHER_CASES: dict[str, Case] = {
    "DELETE /products/{id}/price_points/{pp}.json 1": lambda w: price_point(w, is_custom=False),
    "DELETE /products/{id}/price_points/{pp}.json 2": lambda w: price_point(w, is_custom=True),
    "POST /coupons/{id}/codes.json 1": subcodes,
    f"POST {SUB}/request_payment_profiles_update.json 1": asked_six_times,
    f"POST {SUB}/purge.json 1": lambda w: on(w, w.live(), "POST", "purge"),
    "GET /referral_codes/validate.json 1": lambda w: w.api.get(
        "/referral_codes/validate.json?code=nope"
    ),
    f"GET {SUB}/notes.json 1": lambda w: w.api.get(
        f"/subscriptions/{w.live()['id']}/notes.json?page=-1"
    ),
    "GET /webhooks.json 1": lambda w: w.api.get("/webhooks.json"),
    "POST /webhooks/replay.json 1": lambda w: w.api.post(
        "/webhooks/replay.json", json={"ids": [1, 2]}
    ),
    "PUT /endpoints/{id}.json 1": lambda w: w.api.put(
        "/endpoints/1.json", json={"endpoint": {"url": "http://127.0.0.1"}}
    ),
}
