"""What a newcomer is told to do works: the one-time link, an offer, a click, the run."""

from playwright.sync_api import expect


def test_a_click_in_the_shop_is_a_run_in_the_console(demo, customer) -> None:
    console = customer.page.context.new_page()
    console.goto(demo.address("Console"))
    console.get_by_label("Your name").fill("Ada")
    console.get_by_label("E-mail address").fill("ada@example.com")
    console.get_by_label("Password").fill("a lighthouse in the fog")
    console.get_by_role("button", name="Create account").click()
    console.wait_for_url("**/apps/*")

    customer.sign_in("Nora", "/pricing")
    customer.choose("Start Pro for $290 a year")
    customer.is_told("Welcome to Pro")
    customer.choose("Done")
    with customer.page.context.expect_page() as opened:
        customer.page.get_by_role("link", name="See the run").click()

    run = opened.value
    expect(run.get_by_role("heading", name="Create subscription")).to_be_visible()
    expect(run.get_by_role("main")).to_contain_text("user-nora")
    expect(run.get_by_role("main")).to_contain_text(str(demo.subscriptions("nora")[0]["id"]))
