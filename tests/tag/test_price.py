"""A prompt that shows its price first, on a customer's page."""

from playwright.sync_api import Route, expect

from browser import Complaints, axe
from standfast.domain.prompt import Answer, FieldKind, FormField
from tag.conftest import Scene
from tag.pricing import DONE, PRICE, clicking, fulfil, pause_first, price_first, pricing

DAYS = FormField("days", "For how many days?", FieldKind.NUMBER, required=True)


def test_the_price_stands_under_the_message_and_the_click_carries_it(scene: Scene) -> None:
    asked, clicks = pricing(scene, PRICE), clicking(scene, None)

    price_first(scene)

    expect(scene.dialog.get_by_text(PRICE)).to_be_visible()
    assert asked[0].keys() == {"app", "identity", "token", "step", "button", "values"}
    assert (asked[0]["step"], asked[0]["button"]) == ("offer", "accept")
    expect(scene.button("Yes, please")).to_have_attribute("aria-describedby", "amount")
    expect(scene.dialog.locator("#amount")).to_have_text(PRICE)
    assert axe(scene.page) == []
    scene.button("Yes, please").click()
    expect(scene.status.first).to_have_text("As you wished.")
    assert [one["quote"] for one in clicks] == ["q1"]


def test_nothing_can_be_accepted_before_the_price_is_there(scene: Scene) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    scene.page.route("**/v1/previews", hold)
    clicks = clicking(scene, None)
    price_first(scene)
    expect(scene.dialog.get_by_text("One moment…")).to_be_visible()
    expect(scene.button("Yes, please")).to_have_attribute("aria-disabled", "true")

    scene.button("Yes, please").click(force=True)

    assert clicks == []
    fulfil(held[0], {"quote": "late", "text": PRICE})
    expect(scene.dialog.get_by_text(PRICE)).to_be_visible()
    scene.button("Yes, please").click()
    expect(scene.status.first).to_have_text("As you wished.")


def test_a_price_that_comes_after_another_button_was_chosen_is_not_looked_at(scene: Scene) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    scene.page.route("**/v1/previews", hold)
    clicking(scene, None)
    price_first(scene)
    scene.button("No, thanks").click()
    expect(scene.status.first).to_have_text("As you wished.")

    with scene.page.expect_response("**/v1/previews"):
        fulfil(held[0], {"quote": "late", "text": PRICE})

    expect(scene.button("Done")).to_be_visible()
    expect(scene.dialog.get_by_text(PRICE)).to_have_count(0)


def test_leaving_needs_no_price(scene: Scene, complaints: Complaints) -> None:
    pricing(scene, 422)
    complaints.allow("422")
    price_first(scene)

    scene.button("No, thanks").click()

    expect(scene.dialog).to_have_count(0)


def test_a_refused_price_is_asked_again_and_wants_another_click(scene: Scene) -> None:
    pricing(scene, PRICE, "$11.00 due now.")
    clicks = clicking(scene, "quote_refused", None)
    price_first(scene)
    expect(scene.dialog.get_by_text(PRICE)).to_be_visible()

    scene.button("Yes, please").click()

    expect(scene.dialog.get_by_text("Please look again: $11.00 due now.")).to_be_visible()
    assert [one["quote"] for one in clicks] == ["q1"]
    scene.button("Yes, please").click()
    expect(scene.status.first).to_have_text("As you wished.")
    assert [one["quote"] for one in clicks] == ["q1", "q2"]


def long_ago(scene: Scene) -> None:
    """The price has stood for a quarter of an hour."""
    scene.page.clock.install()
    price_first(scene, by=lambda: scene.page.clock.run_for(100))
    expect(scene.dialog.get_by_text(PRICE)).to_be_visible()
    scene.page.clock.fast_forward("15:00")


def test_a_price_that_stood_too_long_and_is_the_same_is_sent_anew(scene: Scene) -> None:
    asked, clicks = pricing(scene, PRICE), clicking(scene, None)
    long_ago(scene)

    scene.button("Yes, please").click()

    expect(scene.status.first).to_have_text("As you wished.")
    assert len(asked) == 2
    assert [one["quote"] for one in clicks] == ["q2"]


def test_another_answer_asks_for_its_own_price_before_the_click_is_sent(scene: Scene) -> None:
    asked, clicks = pricing(scene, PRICE), clicking(scene, None)
    pause_first(scene, DAYS)
    expect(scene.dialog.get_by_text(PRICE)).to_be_visible()

    scene.dialog.get_by_role("textbox", name="For how many days?").fill("14")
    scene.button("Yes, please").click()

    expect(scene.status.first).to_have_text("As you wished.")
    assert [one["values"] for one in asked] == [{}, {"days": "14"}]
    assert [(one["quote"], one["values"]) for one in clicks] == [("q2", {"days": "14"})]


def test_a_chosen_answer_shows_its_price_at_once(scene: Scene) -> None:
    lengths = (Answer("14", "Two weeks"), Answer("60", "Two months"))
    survey = FormField("days", "For how long?", FieldKind.CHOICE, lengths, required=True)
    asked = pricing(scene, "Nothing due now", "$29.00 on 3 March", "$29.00 on 20 April")
    pause_first(scene, survey)
    expect(scene.dialog.get_by_text("Nothing due now")).to_be_visible()

    scene.dialog.get_by_role("radio", name="Two weeks").check()
    expect(scene.dialog.get_by_text("$29.00 on 3 March")).to_be_visible()
    scene.dialog.get_by_role("radio", name="Two months").check()

    expect(scene.dialog.get_by_text("$29.00 on 20 April")).to_be_visible()
    assert [one["values"] for one in asked] == [{}, {"days": "14"}, {"days": "60"}]


def test_a_price_that_an_answer_prevents_says_so_at_the_answer(
    scene: Scene, complaints: Complaints
) -> None:
    ada = scene.customer()
    complaints.allow("422")
    pause_first(scene, DAYS)
    expect(scene.dialog.locator("#amount.known")).to_be_visible()
    days = scene.dialog.get_by_role("textbox", name="For how many days?")

    days.fill("5000")
    scene.button("Yes, please").click()

    expect(days).to_have_accessible_description("Please write a whole number from 2 to 365.")
    expect(scene.dialog.get_by_text("We cannot tell the price now.")).to_be_visible()
    days.fill("14")
    days.blur()
    expect(scene.dialog.locator("#amount.known")).to_be_visible()
    scene.button("Yes, please").click()
    expect(scene.status.first).to_have_text("As you wished.")
    assert scene.rig.site.subscription(ada)["state"] == "on_hold"


def test_a_prompt_closed_while_its_price_is_asked_again_sends_nothing(scene: Scene) -> None:
    asked, clicks = pricing(scene, PRICE), clicking(scene, None)
    long_ago(scene)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    scene.page.route("**/v1/previews", hold)
    scene.button("Yes, please").click()
    expect(scene.dialog.get_by_text("One moment…")).to_be_visible()

    scene.page.keyboard.press("Escape")
    expect(scene.dialog).to_have_count(0)
    with scene.page.expect_response("**/v1/previews"):
        fulfil(held[0], {"quote": "late", "text": PRICE})

    scene.page.clock.run_for(100)
    assert len(asked) == 1
    assert [one["kind"] for one in clicks] == ["dismiss"]


def test_a_price_that_stood_too_long_is_asked_again_instead_of_sent(scene: Scene) -> None:
    pricing(scene, PRICE, "$11.00 due now.")
    clicks = clicking(scene, None)
    long_ago(scene)

    scene.button("Yes, please").click()

    expect(scene.dialog.get_by_text("Please look again: $11.00 due now.")).to_be_visible()
    assert clicks == []
    scene.button("Yes, please").click()
    expect(scene.status.first).to_have_text("As you wished.")
    assert [one["quote"] for one in clicks] == ["q2"]


# --- with the product's own prices -------------------------------------------------------------


def test_the_price_that_was_shown_is_the_price_that_is_charged(scene: Scene) -> None:
    ada = scene.customer(plan=None)
    scene.offer(scene.rig.create("pro"), texts=DONE, show_price=True)
    scene.visit()
    amount = scene.dialog.locator("#amount.known")
    expect(amount).to_contain_text("due now, then")
    shown = amount.inner_text().partition(" due now")[0]

    scene.button("Yes, please").click()

    expect(scene.status.first).to_have_text("As you wished.")
    (subscription,) = scene.rig.site.subscriptions(ada)
    assert shown == f"${subscription['total_revenue_in_cents'] / 100:,.2f}"


def test_a_price_that_is_over_for_the_server_is_shown_again_and_then_taken(
    scene: Scene, complaints: Complaints
) -> None:
    complaints.allow("401")  # the identity is as old; the tag fetches another one
    ada = scene.customer(plan=None)
    scene.offer(scene.rig.create("pro"), texts=DONE, show_price=True)
    scene.visit()
    expect(scene.dialog.locator("#amount.known")).to_be_visible()
    scene.rig.clock.advance(16 * 60)

    with scene.page.expect_response("**/v1/previews"):
        scene.button("Yes, please").click()

    expect(scene.dialog.get_by_text("Please look again:")).to_be_visible()
    assert scene.rig.site.effects() == []
    scene.button("Yes, please").click()
    expect(scene.status.first).to_have_text("As you wished.")
    assert len(scene.rig.site.subscriptions(ada)) == 1
