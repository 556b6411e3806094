"""Every action, clicked on a page of the shop: the card says what came of it, and the bill agrees.

At Chargify exactly what was offered has changed, by one request.

The built tag, Standfast behind HTTP with its worker, and the simulator behind HTTP: one stage for
the whole file, with a customer and a page of the shop for each action.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from builders import a_prompt, a_step
from journeys.billing_site import BillingSite, Customer, billing_site
from journeys.rig import MovingClock, Rig, chargify, open_shop, served, standing_house, working
from standfast.connectors.chargify.connector import SPEC
from standfast.domain.prompt import (
    Answer,
    FieldKind,
    FormField,
    PageTrigger,
    PromptBody,
    ResultTexts,
    Triggers,
)
from tag.host_page import HostPage, served_page

DAYS = FormField("days", "For how many days?", FieldKind.NUMBER, required=True)
REASONS = (Answer("CH1", "Too dear"), Answer("CH2", "I do not use it"))
WHY = FormField("why", "Why do you leave?", FieldKind.CHOICE, REASONS, required=True)
ENDLESS = "2100-01-01T00:00:00Z"


@dataclass(frozen=True)
class Wish:
    """One change: `finds` is what the customer has before, brought about by `before` calls.

    `changes` is all that differs afterwards, see `told`. `write` is the request that did it. `form`
    is asked and answered with `answer`; `price` is how the shown price begins, for a prompt that
    shows one.
    """

    action: str
    parameters: Mapping[str, str]
    write: str
    done: str
    changes: Mapping[str, object]
    finds: str | None = "basic"
    before: tuple[tuple[str, str, dict[str, Any]], ...] = ()
    force: Mapping[str, object] = field(default_factory=dict[str, object])
    form: FormField | None = None
    answer: str = ""
    price: str = ""


_LATER = {"subscription": {"product_handle": "pro", "product_change_delayed": True}}

WISHES: dict[str, Wish] = {
    "create": Wish(
        "create_subscription",
        {"plan": "pro"},
        "POST /subscriptions.json",
        "Welcome to Pro.",
        {"state": "active", "plan": "pro", "paid": 2_900},
        finds=None,
        price="$29.00 due now, then $29.00 on ",
    ),
    "cancel-now": Wish(
        "cancel_subscription",
        {"when": "now"},
        "DELETE /subscriptions/{id}.json",
        "Your subscription has ended.",
        {"state": "canceled"},
    ),
    "cancel-later": Wish(
        "cancel_subscription",
        {"when": "end_of_period", "reason_code": "{{ answer.why }}"},
        "POST /subscriptions/{id}/delayed_cancel.json",
        "Your subscription ends with the month you have paid.",
        {"ends": True, "reason": "CH1"},
        form=WHY,
        answer="Too dear",
    ),
    "add-coupon": Wish(
        "add_coupon",
        {"coupon": "STAY30"},
        "POST /subscriptions/{id}/add_coupon.json",
        "Your next bills are 30 % lower.",
        {"coupons": ["STAY30"]},
    ),
    "undo-cancellation": Wish(
        "undo_cancellation",
        {},
        "DELETE /subscriptions/{id}/delayed_cancel.json",
        "Good: you stay.",
        {"ends": False},
        before=(("POST", "/delayed_cancel.json", {}),),
    ),
    "reactivate": Wish(
        "reactivate",
        {"period": "renew"},
        "PUT /subscriptions/{id}/reactivate.json",
        "Welcome back.",
        {"state": "active", "paid": 900 + 900},
        before=(("DELETE", ".json", {}),),
        price="$9.00 due now, then $9.00 on ",
    ),
    "switch-now": Wish(
        "switch_plan",
        {"plan": "pro", "when": "now"},
        "POST /subscriptions/{id}/migrations.json",
        "You have Pro from now on.",
        {"plan": "pro", "paid": 900 + 2_000},  # 2,900 less 900, nearly the whole month ahead
    ),
    "switch-later": Wish(
        "switch_plan",
        {"plan": "pro", "when": "at_renewal"},
        "PUT /subscriptions/{id}.json",
        "You have Pro from the next month on.",
        {"next_plan": "pro"},
    ),
    "undo-plan-change": Wish(
        "undo_plan_change",
        {},
        "PUT /subscriptions/{id}.json",
        "You keep Basic.",
        {"next_plan": None},
        before=(("PUT", ".json", _LATER),),
    ),
    "pause": Wish(
        "pause",
        {"for_days": "{{ answer.days }}"},
        "POST /subscriptions/{id}/hold.json",
        "Enjoy your pause.",
        {"state": "on_hold", "resumes_in_days": 20},
        form=DAYS,
        answer="20",
    ),
    "resume": Wish(
        "resume",
        {},
        "POST /subscriptions/{id}/resume.json",
        "Nice to see you again.",
        {"state": "active", "resumes_in_days": None},
        before=(("POST", "/hold.json", {"hold": {"automatically_resume_at": ENDLESS}}),),
    ),
    "extend-trial": Wish(
        "extend_trial",
        {"days": "10"},
        "PUT /subscriptions/{id}.json",
        "Ten more days to try it.",
        {"trial_ends_in_days": 14 + 10},
        finds="try",
    ),
    "remove-coupon": Wish(
        "remove_coupon",
        {"coupon": "TEN"},
        "DELETE /subscriptions/{id}/remove_coupon.json",
        "The discount is gone.",
        {"coupons": []},
        before=(("POST", "/add_coupon.json", {"codes": ["TEN"]}),),
    ),
    "retry-payment": Wish(
        "retry_payment",
        {},
        "PUT /subscriptions/{id}/retry.json",
        "Thank you, that is paid.",
        {"state": "active", "paid": 900 + 900, "owes": 0},
        force={"state": "past_due", "balance_in_cents": 900, "charged_in_cents": 1_800},
    ),
}
each_wish = pytest.mark.parametrize("name", WISHES)


@dataclass
class Stage:
    """`host` serves the shop's pages, one path for each action; `customers` by that path."""

    rig: Rig
    host: HostPage
    customers: dict[str, Customer]

    def sign_in(self, who: Customer) -> None:
        self.host.token = lambda: self.rig.shop.identity(who)

    def newest(self, who: Customer) -> dict[str, object]:
        """All that a customer would call their subscription; empty without one."""
        found = self.rig.site.subscriptions(who)
        return told(self.rig.site, found[-1]) if found else {}


def told(site: BillingSite, one: Mapping[str, Any]) -> dict[str, object]:
    plans = {int(number): handle for handle, number in site.plans.items()}
    return {
        "state": one["state"],
        "plan": plans[one["product_id"]],
        "next_plan": one["next_product_id"] and plans[one["next_product_id"]],
        "coupons": one["coupon_codes"],
        "ends": one["cancel_at_end_of_period"],
        "reason": None if one["state"] == "canceled" else one["reason_code"],
        "resumes_in_days": days_until(one["automatically_resume_at"]),
        "trial_ends_in_days": days_until(one["trial_ended_at"]),
        "paid": one["total_revenue_in_cents"],
        "owes": one["balance_in_cents"],
    }


NOTHING: dict[str, object] = {"coupons": [], "ends": False, "owes": 0}


def differences(before: Mapping[str, object], after: Mapping[str, object]) -> dict[str, object]:
    known = {**NOTHING, **before}
    return {key: value for key, value in after.items() if value != known.get(key)}


def days_until(instant: str | None) -> int | None:
    if instant is None:
        return None
    return round((datetime.fromisoformat(instant) - datetime.now(UTC)) / timedelta(days=1))


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    clock = MovingClock()
    with ExitStack() as stack:
        site = stack.enter_context(billing_site())
        add_plan_with_a_trial(site)
        data = tmp_path_factory.mktemp("actions") / "data"
        house = stack.enter_context(standing_house(data, site, clock))
        stack.enter_context(working(house))
        client = stack.enter_context(served(house))
        rig = Rig(house, site, open_shop(house, client, clock), clock)
        customers = {name: a_customer(site, name, wish) for name, wish in WISHES.items()}
        rig.sync()
        for name, wish in WISHES.items():
            rig.publish(prompt_of(site, name, wish), name)
        url = str(client.base_url).rstrip("/")
        host = stack.enter_context(served_page(HostPage(url, rig.shop.app, token=str)))
        house.manage_app.change_domains(rig.shop.app, (host.url,))
        yield Stage(rig, host, customers)


def add_plan_with_a_trial(site: BillingSite) -> None:
    trial = {"name": "Try", "handle": "try", "price_in_cents": 900, "interval": 1}
    trial |= {"interval_unit": "month", "trial_price_in_cents": 0, "trial_interval": 14}
    product = {**trial, "trial_interval_unit": "day", "require_credit_card": True}
    path = f"/product_families/{site.families['boards']}/products.json"
    site.plans["try"] = str(site.post(path, product=product)["product"]["id"])


def a_customer(site: BillingSite, name: str, wish: Wish) -> Customer:
    who = site.add_customer(name, plan=wish.finds)
    for method, end, body in wish.before:
        path = f"/subscriptions/{who.subscription}{end}"
        site.client.request(method, path, json=body).raise_for_status()
    if wish.force:
        site.chargify.force(who.subscription, **wish.force)
    return who


def prompt_of(site: BillingSite, name: str, wish: Wish) -> PromptBody:
    """Shown on the page of its own name."""
    plan = {"plan": site.plans[wish.parameters["plan"]]} if "plan" in wish.parameters else {}
    step = a_step(
        accept=(chargify(wish.action, **{**wish.parameters, **plan}),),
        form=(wish.form,) if wish.form else (),
    )
    return a_prompt(
        steps=(step,),
        triggers=Triggers(pages=(PageTrigger(f"/{name}"),)),
        texts=ResultTexts(succeeded=wish.done),
        show_price=bool(wish.price),
    )


@each_wish
def test_a_click_makes_the_change_once_and_the_card_says_so(
    stage: Stage, page: Page, name: str
) -> None:
    wish, who = WISHES[name], stage.customers[name]
    before, mark = stage.newest(who), stage.rig.site.mark()
    stage.sign_in(who)
    page.goto(f"{stage.host.url}/{name}")
    card = page.get_by_role("dialog")
    shown = answered_and_priced(card, wish)

    card.get_by_role("button", name="Yes, please").click()

    expect(page.get_by_role("status").first).to_have_text(wish.done)
    after, write = stage.newest(who), wish.write.format(id=who.subscription)
    assert differences(before, after) == wish.changes
    assert changing(stage.rig.site, mark) == stage.rig.site.effects(since=mark) == [write]
    if wish.price:
        assert shown == int(str(after["paid"])) - int(str(before.get("paid", 0)))
    card.get_by_role("button", name="Done").click()
    with page.expect_response("**/v1/decide"):
        page.reload()
    expect(card).to_have_count(0)
    assert stage.rig.site.effects(since=mark) == [write]


def changing(site: BillingSite, mark: int) -> list[str]:
    """What was sent to change something; a price is asked with a POST too."""
    return [one for one in site.writes(since=mark) if not one.endswith("/preview.json")]


def answered_and_priced(card: Locator, wish: Wish) -> int:
    """Give the answer that is asked for; the cents that the card says are due now."""
    if wish.form and wish.form.kind is FieldKind.CHOICE:
        card.get_by_role("radio", name=wish.answer).check()
    elif wish.form:
        card.get_by_role("textbox", name=wish.form.label).fill(wish.answer)
    if not wish.price:
        return 0
    amount = card.locator("#amount.known")
    expect(amount).to_contain_text(wish.price)
    due_now = amount.inner_text().partition(" due now")[0]
    return round(float(due_now.removeprefix("$")) * 100)


def test_every_action_has_its_journey() -> None:
    assert {wish.action for wish in WISHES.values()} == {one.key for one in SPEC.actions}
