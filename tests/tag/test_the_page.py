"""A guest on somebody's page: keyboard, navigation, identity, and nothing left behind."""

import pytest
from playwright.sync_api import Page, expect

from browser import Complaints
from journeys.rig import coupon, until
from standfast.domain.prompt import ManualTrigger, PageTrigger, Triggers
from tag.conftest import Scene

ON_CANCEL = Triggers(manual=(ManualTrigger("cancel"),))
ON_OTHER = Triggers(pages=(PageTrigger("/other"),))
HOSTILE_STYLE = """
* { all: unset !important; display: none !important; color: red !important; }
html, body, main { display: block !important; }
standfast-prompt { visibility: hidden !important; opacity: 0 !important; scale: 0 !important }
dialog, button, h2 { font: 3px serif !important; position: static !important; }
"""


def focused(page: Page) -> str:
    """Where the focus is: the tag's own element, or the page's."""
    return page.evaluate(
        """() => {
            const outer = document.activeElement;
            const inner = outer.shadowRoot && outer.shadowRoot.activeElement;
            return inner ? inner.id : outer.id || outer.localName;
        }"""
    )


@pytest.fixture
def offered(scene: Scene) -> Scene:
    """A coupon is offered on every page."""
    scene.customer()
    scene.offer(coupon("STAY30"))
    return scene


# --- by keyboard --------------------------------------------------------------------------------


def test_the_focus_begins_at_the_title_and_stays_within(offered: Scene) -> None:
    offered.visit()
    expect(offered.dialog).to_be_visible()
    assert focused(offered.page) == "title"

    seen: list[str] = []
    for _ in range(8):
        offered.page.keyboard.press("Tab")
        seen.append(focused(offered.page))

    assert {"accept", "decline", "close"} <= set(seen)
    assert not {"manage", "a"} & set(seen)


def test_escape_dismisses_and_gives_the_focus_back(scene: Scene) -> None:
    scene.customer()
    scene.offer(coupon("STAY30"), triggers=ON_CANCEL)
    scene.host.script += (
        'addEventListener("DOMContentLoaded", () => document.getElementById("manage")'
        '.addEventListener("click", () => standfast.open("cancel")));'
    )
    scene.visit()
    scene.page.get_by_role("button", name="Manage plan").click()
    expect(scene.dialog).to_be_visible()

    scene.page.keyboard.press("Escape")

    expect(scene.dialog).to_have_count(0)
    assert focused(scene.page) == "manage"
    assert [one["way"] for one in scene.told("closed")] == ["escape"]
    scene.page.get_by_role("button", name="Manage plan").click()
    expect(scene.dialog).to_be_visible()


def test_the_offer_is_taken_by_keyboard_alone(offered: Scene) -> None:
    offered.visit()
    expect(offered.dialog).to_be_visible()

    for _ in range(8):
        offered.page.keyboard.press("Tab")
        if focused(offered.page) == "accept":
            break
    offered.page.keyboard.press("Enter")

    expect(offered.status).to_contain_text("Done.")
    assert focused(offered.page) == "accept"
    offered.page.keyboard.press("Enter")
    expect(offered.dialog).to_have_count(0)


def test_a_click_beside_the_card_or_on_its_cross_dismisses(offered: Scene) -> None:
    for way in ("cross", "beside"):
        offered.rig.clock.advance(3600)
        offered.visit()
        expect(offered.dialog).to_be_visible()
        if way == "cross":
            offered.button("Close").click()
        else:
            offered.page.mouse.click(5, 5)
        expect(offered.dialog).to_have_count(0)
    offered.page.wait_for_load_state("networkidle")
    assert offered.stored() == ["impression", "dismiss", "impression"]


# --- pages that change without loading ----------------------------------------------------------


def test_navigation_within_the_page_is_followed(scene: Scene) -> None:
    scene.customer()
    scene.offer(coupon("STAY30"), triggers=ON_OTHER)
    with scene.page.expect_response("**/v1/decide"):
        scene.visit()
    expect(scene.dialog).to_have_count(0)

    scene.page.evaluate("history.pushState({}, '', '/other')")

    expect(scene.dialog).to_be_visible()
    scene.page.evaluate("history.back()")
    expect(scene.dialog).to_have_count(0)
    assert [one["way"] for one in scene.told("closed")] == ["page"]


def test_a_delay_is_kept_and_ends_with_the_page(scene: Scene) -> None:
    scene.customer()
    scene.offer(
        coupon("STAY30"), triggers=Triggers(pages=(PageTrigger("/other"),), delay_seconds=30)
    )
    scene.page.clock.install()
    with scene.page.expect_response("**/v1/decide"):
        scene.visit("/other")
    with scene.page.expect_response("**/v1/decide"):
        scene.page.evaluate("history.pushState({}, '', '/')")
    scene.page.clock.fast_forward(60_000)
    expect(scene.dialog).to_have_count(0)

    with scene.page.expect_response("**/v1/decide"):
        scene.page.evaluate("history.pushState({}, '', '/other')")
    scene.page.evaluate("Promise.resolve()")
    scene.page.clock.fast_forward(31_000)

    expect(scene.dialog).to_be_visible()


def test_what_was_called_before_the_tag_was_there_is_done(scene: Scene) -> None:
    scene.customer()
    scene.offer(coupon("STAY30"), triggers=ON_CANCEL)
    scene.host.script += 'standfast("open", "cancel");'

    scene.visit()

    expect(scene.dialog).to_be_visible()


# --- who is there -------------------------------------------------------------------------------


def test_a_refused_identity_is_asked_for_anew_once(offered: Scene, complaints: Complaints) -> None:
    good = offered.host.token
    offered.host.token = lambda: "stale" if len(offered.host.tokens) == 0 else good()
    complaints.allow("401")

    offered.visit()

    expect(offered.dialog).to_be_visible()
    assert len(offered.host.tokens) == 2


def test_nobody_is_shown_anything_with_a_token_that_stays_refused(
    offered: Scene, complaints: Complaints
) -> None:
    offered.host.token = lambda: "stale"
    complaints.allow("401")

    with offered.page.expect_response(lambda one: one.url.endswith("decide") and one.status == 401):
        offered.visit()
    offered.page.wait_for_load_state("networkidle")

    expect(offered.dialog).to_have_count(0)
    assert len(offered.host.tokens) == 2


def test_a_browser_id_is_kept_only_without_an_identity(scene: Scene) -> None:
    scene.host.script = ""
    with scene.page.expect_response("**/v1/decide"):
        scene.visit()
    anonymous = scene.page.evaluate("Object.keys(localStorage)")

    scene.page.evaluate("token => standfast('identify', token)", scene.host.token())
    scene.page.wait_for_function("localStorage.length === 0")

    assert anonymous == ["standfast.visitor"]
    assert scene.page.context.cookies() == []


# --- a guest ------------------------------------------------------------------------------------


def test_a_page_that_styles_everything_away_cannot_hide_the_prompt(offered: Scene) -> None:
    offered.host.style = HOSTILE_STYLE

    offered.visit()

    expect(offered.button("Yes, please")).to_be_visible()
    size = offered.button("Yes, please").evaluate("one => getComputedStyle(one).fontSize")
    assert size == "16px"
    offered.button("Yes, please").click()
    expect(offered.status).to_contain_text("Done.")


def test_a_message_cannot_bring_script_style_or_handlers(scene: Scene) -> None:
    scene.customer()
    scene.offer(
        coupon("STAY30"),
        title="<img src=x onerror=alert(1)>",
        message=(
            "<script>window.hit = 1</script><style>* { color: red }</style>"
            "<svg><script>window.hit = 2</script></svg><iframe src='/other'>frame</iframe>"
            "<img src=/icon onerror='hit = 3'><p onclick='hit = 4'>Plain <b>bold</b></p>"
            "<a href='javascript:window.hit=5'>bad</a> <a href='https://acme.io/'>good</a>"
            "<form action=/><input name=card><div style='position:fixed'>kept</div></form>"
        ),
    )

    scene.visit()

    expect(scene.dialog.get_by_role("heading")).to_have_text("<img src=x onerror=alert(1)>")
    message = scene.page.locator("#message")
    expect(message).to_have_text("Plain boldbad goodkept")
    assert message.evaluate("one => one.innerHTML") == (
        '<p>Plain <b>bold</b></p><a target="_blank" rel="noreferrer">bad</a> '
        '<a href="https://acme.io/" target="_blank" rel="noreferrer">good</a>kept'
    )
    assert scene.page.evaluate("window.hit") is None


def test_a_tag_that_is_there_twice_shows_one_prompt(offered: Scene) -> None:
    offered.host.tags = 3

    offered.visit()

    expect(offered.dialog).to_have_count(1)
    offered.button("Yes, please").click()
    expect(offered.status).to_contain_text("Done.")
    assert offered.stored() == ["impression", "accept"]


def test_a_shutdown_leaves_nothing_behind(offered: Scene) -> None:
    offered.host.script = "window.push = history.pushState;" + offered.host.script
    offered.visit()
    expect(offered.dialog).to_be_visible()

    offered.page.evaluate("standfast('shutdown'); standfast('open', 'cancel')")

    expect(offered.page.locator("standfast-prompt")).to_have_count(0)
    assert offered.page.evaluate("history.pushState === push")
    asked: list[str] = []
    offered.page.on("request", lambda one: asked.append(one.url))
    offered.page.evaluate("history.pushState({}, '', '/other')")
    offered.page.evaluate("new Promise(wake => setTimeout(wake, 100))")
    assert [one for one in asked if "/v1/" in one] == []


@pytest.mark.parametrize(
    "words",
    ["standfast()", "standfast('nonsense')", "standfast('on', 'shown', () => { throw 1 })",
     "standfast('identify', () => { throw 1 })", "standfast('open')"],
)  # fmt: skip
def test_no_mistake_of_the_page_comes_back_as_an_error(offered: Scene, words: str) -> None:
    offered.host.script += words + ";"
    with offered.page.expect_response("**/tag/*.js"):
        offered.visit()
    offered.page.wait_for_load_state("networkidle")


def test_leaving_the_page_dismisses_what_was_not_answered(offered: Scene) -> None:
    offered.visit()
    expect(offered.dialog).to_be_visible()

    offered.page.goto("about:blank")

    until(lambda: offered.stored() == ["impression", "dismiss"], "the dismissal is stored")
