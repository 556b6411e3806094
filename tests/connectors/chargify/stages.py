"""What each action wants, and a customer to whom it can be done."""

from datetime import timedelta

from connectors.chargify.site import ChargifySite

Wish = dict[str, str]

WISHES: dict[str, Wish] = {
    "create_subscription": {"plan": "basic"},
    "cancel_subscription": {"when": "now"},
    "add_coupon": {"coupon": "STACK7", "when_present": "stack"},
    "undo_cancellation": {},
    "reactivate": {"period": "renew"},
    "switch_plan": {"plan": "pro-yearly", "when": "now"},
    "undo_plan_change": {},
    "pause": {"for_days": "10"},
    "resume": {},
    "extend_trial": {"days": "10"},
    "remove_coupon": {"coupon": "STACK5"},
    "retry_payment": {},
}
"""One way to order each action; plans by their handle."""
OTHER_WISHES: dict[str, Wish] = {
    "create_subscription": {"plan": "basic", "when_ended": "reactivate"},
    "cancel_subscription": {"when": "end_of_period"},
    "add_coupon": {"coupon": "SAVE20", "when_present": "replace"},
    "reactivate": {"period": "resume"},
    "switch_plan": {"plan": "pro-yearly", "when": "at_renewal"},
    "pause": {},
    "remove_coupon": {},
}
"""Another way, where there is one that is carried through differently."""
WRITES = {
    "create_subscription": ("POST", "/subscriptions.json"),
    "cancel_subscription": ("DELETE", "/subscriptions/*"),
    "add_coupon": ("POST", "*add_coupon.json"),
    "undo_cancellation": ("DELETE", "*delayed_cancel.json"),
    "reactivate": ("PUT", "*reactivate.json"),
    "switch_plan": ("POST", "*migrations.json"),
    "undo_plan_change": ("PUT", "/subscriptions/*"),
    "pause": ("POST", "*hold.json"),
    "resume": ("POST", "*resume.json"),
    "extend_trial": ("PUT", "/subscriptions/*"),
    "remove_coupon": ("DELETE", "*remove_coupon.json"),
    "retry_payment": ("PUT", "*retry.json"),
}
"""The write of each wish in `WISHES`: method and path, as a fault names them."""
OTHER_WRITES = {
    "cancel_subscription": ("POST", "*delayed_cancel.json"),
    "switch_plan": ("PUT", "/subscriptions/*"),
}
"""The write of a wish in `OTHER_WISHES`, where it is another one."""


def named(site: ChargifySite, wish: Wish) -> Wish:
    """The wish with the plan's id in the place of its handle."""
    return wish | {"plan": site.plan(wish["plan"])} if "plan" in wish else wish


def set_up(site: ChargifySite, action: str, wish: Wish) -> str:
    """A new customer for whom this can be done; their id."""
    customer = site.a_customer()
    if action != "create_subscription" or "when_ended" in wish:
        plan = "pro" if action == "extend_trial" else "basic"
        coupons = () if wish.get("when_present") == "replace" else ("STACK5",)
        _bring_about(site, action, site.subscribe(customer, plan, coupons=coupons))
    return customer


def _bring_about(site: ChargifySite, action: str, subscription: str) -> None:
    path = f"/subscriptions/{subscription}"
    match action:
        case "undo_cancellation":
            site.owner("POST", f"{path}/delayed_cancel.json")
        case "reactivate" | "create_subscription":
            site.owner("DELETE", f"{path}.json")
        case "undo_plan_change":
            later = {"product_handle": "pro-yearly", "product_change_delayed": True}
            site.owner("PUT", f"{path}.json", {"subscription": later})
        case "resume":
            end = (site.now() + timedelta(days=9)).date().isoformat()
            hold = {"automatically_resume_at": f"{end}T00:00:00Z"}
            site.owner("POST", f"{path}/hold.json", {"hold": hold})
        case "retry_payment":
            site.simulator.force(int(subscription), state="past_due", balance_in_cents=900)
        case _:
            pass
