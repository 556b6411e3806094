"""The list of prompts and the editor, as a browser without script uses them."""

from collections.abc import Iterator
from datetime import UTC, datetime
from html import unescape

import msgspec
import pytest

from builders import a_step
from console.billing_rig import BilledHouse, a_billed_house
from console.forms import fields_of
from console.prompt_desk import ACTION, Desk, connected_desk
from console.rig import somebody
from standfast.domain.interaction import Kind
from standfast.domain.prompt import AttachedAction, PromptStatus, ReShow, Schedule
from standfast.domain.request import DecideRequest
from standfast.domain.roles import Role


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BilledHouse]:
    with a_billed_house(tmp_path_factory.mktemp("prompts") / "data") as stage:
        yield stage


@pytest.fixture
def desk(stage: BilledHouse) -> Desk:
    return connected_desk(stage)


def test_an_app_without_prompts_offers_three_beginnings(desk: Desk) -> None:
    page = desk.ada.get(desk.path()).text

    for start in ("upgrade", "cancel", "loyalty"):
        assert f"{desk.path()}/new?from={start}" in page


@pytest.mark.parametrize(
    ("start", "action"),
    [
        ("upgrade", "create_subscription"),
        ("cancel", "cancel_subscription"),
        ("loyalty", "add_coupon"),
    ],
)
def test_a_beginning_fills_the_editor(desk: Desk, start: str, action: str) -> None:
    fields = desk.fields(f"/new?from={start}")

    assert fields[f"{ACTION}.action"] == f"chargify:{action}"
    assert fields["steps[0].title"]
    assert not desk.all()


def test_the_loyalty_prompt_is_built_without_script_and_decided(desk: Desk) -> None:
    kim = desk.stage.site.add_customer("kim", plan="pro")
    desk.billed.clock.advance(3_600)
    desk.billed.sync()
    house, app = desk.billed.house, desk.billed.app
    house.save_visitor.save(app, "kim", {"chargify_id": kim.id})
    form = desk.fields("/new")
    answer = desk.send("/new", form, do="add_action:accept")
    form = fields_of(answer.text, "editor")
    answer = desk.send("/new", form, do="refresh", **{f"{ACTION}.action": "chargify:add_coupon"})
    form = fields_of(answer.text, "editor")
    assert form[f"{ACTION}.parameters.when_present"] == "refuse"
    answer = desk.send("/new", form, do="add_page")
    form = fields_of(answer.text, "editor")
    changes = {
        "name": "Loyalty",
        "steps[0].title": "Stay with us",
        "triggers.pages[0].path": "/account/*",
        f"{ACTION}.parameters.coupon": "STAY30",
        "do": "start",
    }

    answer = desk.send("/new", form, **changes)

    assert answer.status_code == 303, answer.text
    prompt = desk.prompt(answer.headers["location"].rpartition("/")[2])
    assert prompt.status is PromptStatus.LIVE
    expected = {"coupon": "STAY30", "when_present": "refuse", "which": "refuse"}
    assert prompt.draft.actions() == (AttachedAction("chargify", "add_coupon", expected),)
    request = DecideRequest(page="https://acme.io/account/bill")
    [explained] = house.explain_prompts.explain(app, "kim", request)
    assert explained.explanation.is_shown


def test_drop_downs_show_prices_and_terms(desk: Desk) -> None:
    page = unescape(desk.ada.get(desk.path("/new?from=loyalty")).text)

    assert 'value="STAY30"' in page
    assert "30 % off every charge" in page
    assert "$29.00 a month" in page


def test_everything_in_the_form_comes_back_as_it_was_saved(desk: Desk) -> None:
    changes = {
        "triggers.pages[0].path": "/pricing?plan=pro#top",
        "triggers.manual": "loyal, stay",
        "triggers.delay_seconds": "2.5",
        "schedule.starts_at": "2030-03-01T09:00",
        "priority": "7",
        "re_show.after_decline.rule": "after",
        "re_show.after_decline.after_seconds": "3",
        "re_show.after_decline.unit": "days",
        "texts.fallback_link": "https://acme.io/help",
        "steps[0].buttons.secondary_accept.label": "Tell me more",
    }

    prompt_id = desk.save(**changes)

    draft = desk.prompt(prompt_id).draft
    assert draft.triggers.pages[0].query == {"plan": "pro"}
    assert [one.name for one in draft.triggers.manual] == ["loyal", "stay"]
    assert draft.re_show.after_decline.rule is ReShow.AFTER
    assert draft.re_show.after_decline.after_seconds == 3 * 86_400
    assert changes.items() <= desk.fields(f"/{prompt_id}").items()


def test_a_time_is_meant_in_the_app_s_zone(desk: Desk) -> None:
    desk.ada.post(
        f"/apps/{desk.billed.app}/settings", name="Acme", domains="", time_zone="Asia/Tokyo"
    )

    prompt_id = desk.save(**{"schedule.starts_at": "2030-03-01T09:00"})

    starts_at = desk.prompt(prompt_id).draft.schedule.starts_at
    assert starts_at is not None
    assert starts_at.isoformat() == "2030-03-01T09:00:00+09:00" or starts_at.hour == 0
    assert desk.fields(f"/{prompt_id}")["schedule.starts_at"] == "2030-03-01T09:00"


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("triggers.delay_seconds", "soon"),
        ("priority", "high"),
        ("schedule.ends_at", "tomorrow"),
        ("schedule.starts_at", "0001-01-01T00:00+14:00"),
        ("name", ""),
    ],
)
def test_what_cannot_be_read_is_told_at_its_field_and_nothing_is_lost(
    desk: Desk, field: str, text: str
) -> None:
    form = desk.fields("/new?from=loyalty")

    answer = desk.send("/new", form, **{field: text, "steps[0].title": "Mine", "do": "save"})

    assert answer.status_code == 422
    assert f'href="#f-{field}"' in answer.text
    assert fields_of(answer.text, "editor")["steps[0].title"] == "Mine"
    assert not desk.all()


def test_actions_move_up_and_down_and_away(desk: Desk) -> None:
    form = desk.fields("/new?from=loyalty")
    form = fields_of(desk.send("/new", form, do="add_action:accept").text, "editor")
    second = "steps[0].buttons.accept.actions[1].action"
    form[second] = "chargify:cancel_subscription"

    moved = fields_of(desk.send("/new", form, do="up:accept:1").text, "editor")
    assert moved[f"{ACTION}.action"] == "chargify:cancel_subscription"
    assert moved[second] == "chargify:add_coupon"

    left = fields_of(desk.send("/new", moved, do="remove_action:accept:0").text, "editor")
    assert left[f"{ACTION}.action"] == "chargify:add_coupon"
    assert second not in left


@pytest.mark.parametrize("deed", ["remove_page:9", "up:accept:x", "add_action:nobody", "down:a"])
def test_a_button_of_an_older_page_harms_nothing(desk: Desk, deed: str) -> None:
    form = desk.fields("/new?from=loyalty")

    assert desk.send("/new", form, do=deed).status_code in {200, 303}


def test_what_stands_against_the_start_leads_to_its_field(desk: Desk) -> None:
    prompt_id = desk.save()

    page = desk.ada.get(desk.path(f"/{prompt_id}")).text
    assert f'href="#f-{ACTION}.parameters.coupon"' in page
    answer = desk.send(f"/{prompt_id}", desk.fields(f"/{prompt_id}"), do="start")

    assert answer.status_code == 422
    assert f'id="f-{ACTION}.parameters.coupon-error"' in answer.text
    assert desk.prompt(prompt_id).status is PromptStatus.DRAFT


def test_a_prompt_lives_from_review_to_its_end(desk: Desk) -> None:
    coupon = {f"{ACTION}.parameters.coupon": "STAY30"}
    prompt_id = desk.save(**coupon, do="review")
    seen = [desk.prompt(prompt_id).status]

    desk.send(f"/{prompt_id}", desk.fields(f"/{prompt_id}"), do="start")
    seen.append(desk.prompt(prompt_id).status)
    for deed in ("pause", "resume", "end"):
        desk.ada.post(desk.path(f"/{prompt_id}/{deed}"))
        seen.append(desk.prompt(prompt_id).status)

    assert seen == ["review", "live", "paused", "live", "ended"]
    assert '<fieldset class="bare" disabled>' in desk.ada.get(desk.path(f"/{prompt_id}")).text


def test_versions_are_compared_restored_and_copied(desk: Desk) -> None:
    coupon = {f"{ACTION}.parameters.coupon": "STAY30", "steps[0].title": "First"}
    prompt_id = desk.save(**coupon, do="start")
    form = desk.fields(f"/{prompt_id}")
    desk.send(f"/{prompt_id}", form, **{"steps[0].title": "Second", "do": "publish"})

    page = desk.ada.get(desk.path(f"/{prompt_id}/versions?old=1&new=2")).text
    assert "Before: </span>First" in page
    assert "After: </span>Second" in page

    desk.ada.post(desk.path(f"/{prompt_id}/restore"), version="1")
    assert desk.prompt(prompt_id).draft.steps[0].title == "First"
    assert desk.prompt(prompt_id).version == 2

    copied = desk.ada.post(desk.path(f"/{prompt_id}/clone")).headers["location"]
    copy = desk.prompt(copied.rpartition("/")[2])
    assert copy.status is PromptStatus.DRAFT
    assert copy.name.endswith("(copy)")


def test_a_live_prompt_says_that_its_draft_is_not_published(desk: Desk) -> None:
    prompt_id = desk.save(**{f"{ACTION}.parameters.coupon": "STAY30"}, do="start")
    assert "not published" not in desk.ada.get(desk.path(f"/{prompt_id}")).text

    form = desk.fields(f"/{prompt_id}")
    desk.send(f"/{prompt_id}", form, **{"steps[0].title": "New", "do": "save"})

    assert "not published" in desk.ada.get(desk.path(f"/{prompt_id}")).text


def test_the_list_counts_finds_and_filters(desk: Desk) -> None:
    live = desk.save(**{f"{ACTION}.parameters.coupon": "STAY30", "name": "Stay"}, do="start")
    desk.save(name="Another")
    for kind in (Kind.IMPRESSION, Kind.IMPRESSION, Kind.IMPRESSION, Kind.ACCEPT):
        desk.billed.happened(live, kind)

    page = desk.ada.get(desk.path()).text
    assert "33.3 %" in page
    assert "Another" in page
    assert "Another" not in desk.ada.get(desk.path("?state=live")).text
    assert "Stay" not in desk.ada.get(desk.path("?search=anoth")).text.partition('id="prompts"')[2]


def test_a_retired_coupon_is_a_warning_in_the_list(desk: Desk) -> None:
    desk.stage.site.add_coupon("GONE", percentage="10")
    desk.billed.clock.advance(3_600)
    desk.billed.sync()
    desk.save(**{f"{ACTION}.parameters.coupon": "GONE", "name": "Gone"}, do="start")
    site = desk.stage.site
    family = site.families["boards"]
    site.client.delete(f"/product_families/{family}/coupons/{site.coupons['GONE']}.json")
    desk.billed.clock.advance(90_000)
    desk.billed.sync()

    assert "GONE was retired" in desk.stage.visitor().get(desk.path()).text


def test_who_reads_reports_sees_the_list_and_opens_nothing(desk: Desk) -> None:
    prompt_id = desk.save()
    reader = somebody(desk.billed.house, desk.billed.app, Role.READ_ONLY, name=desk.billed.app)
    browser = desk.stage.visitor(reader)

    page = browser.get(desk.path()).text

    assert f"/prompts/{prompt_id}" not in page
    assert browser.get(desk.path(f"/{prompt_id}")).status_code == 403


def test_the_preview_may_be_framed_by_our_own_pages_only(desk: Desk) -> None:
    answer = desk.ada.get(desk.path("/preview"))

    assert answer.headers["x-frame-options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self'" in answer.headers["content-security-policy"]
    script = answer.text.partition('script src="')[2].partition('"')[0]
    assert desk.ada.get(script).status_code == 200


def test_a_prompt_of_another_app_is_not_there(desk: Desk) -> None:
    other = desk.stage.open()
    prompt_id = other.publish("Theirs")

    assert desk.ada.get(desk.path(f"/{prompt_id}")).status_code == 404
    assert desk.ada.post(desk.path(f"/{prompt_id}/pause")).status_code == 404


def test_a_prompt_that_ends_with_the_calendar_can_be_opened(desk: Desk) -> None:
    prompt_id = desk.save()
    row = desk.prompt(prompt_id)
    last = Schedule(ends_at=datetime(9999, 12, 31, 23, 59, tzinfo=UTC))
    body = msgspec.structs.replace(row.draft, schedule=last)
    desk.billed.house.publish_prompt.save_draft(
        desk.billed.app, name=row.name, body=body, prompt_id=prompt_id
    )

    assert desk.fields(f"/{prompt_id}")["schedule.ends_at"] == "9999-12-31T23:59"


def test_further_steps_of_a_prompt_survive_the_editor(desk: Desk) -> None:
    prompt_id = desk.save()
    row = desk.prompt(prompt_id)
    more = msgspec.structs.replace(row.draft, steps=(*row.draft.steps, a_step("more")))
    desk.billed.house.publish_prompt.save_draft(
        desk.billed.app, name=row.name, body=more, prompt_id=prompt_id
    )

    desk.send(f"/{prompt_id}", desk.fields(f"/{prompt_id}"), do="save")

    assert [one.key for one in desk.prompt(prompt_id).draft.steps] == ["offer", "more"]
