"""What operators do about runs in the console: undo, run again, record, close; without script."""

import re
from collections.abc import Iterator

import pytest

from console.billing_rig import a_billed_house
from console.forms import fields_of
from console.rig import Visitor
from console.run_scenes import INCIDENT, Scenes
from standfast.domain.action_run import Origin, RunState
from standfast.domain.roles import Role

WHY = "They clicked <by mistake>."


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scenes]:
    with a_billed_house(tmp_path_factory.mktemp("deeds") / "data") as stage:
        yield Scenes.open(stage)


def followed(visitor: Visitor, answer) -> str:
    """The page a form led to."""
    assert answer.status_code == 303, answer.text
    return visitor.get(answer.headers["location"]).text


def test_before_an_undo_one_reads_what_will_happen_until_when_and_at_what_loss(
    scenes: Scenes,
) -> None:
    who = scenes.customer()
    run = scenes.cancelled(who)
    story = scenes.ada.get(scenes.path(run)).text

    page = scenes.ada.get(scenes.path(run, "/undo")).text

    assert scenes.path(run, "/undo") in story
    assert "Keeps a subscription that was to end with its period" in page
    assert "Until the end of the period." in page
    assert "Nothing; it renews as before." in page
    assert "No money moves." in page
    assert f"<code>{who.subscription}</code>" in page
    assert fields_of(page, "undo") == {"reason": ""}


def test_an_undo_leads_to_its_own_run_and_the_first_one_says_by_whom_and_why(
    scenes: Scenes,
) -> None:
    who = scenes.customer()
    run = scenes.cancelled(who)

    page = followed(scenes.ada, scenes.ada.post(scenes.path(run, "/undo"), reason=WHY))

    child = scenes.child(run)
    assert (child.origin, child.state) == (Origin.UNDO, RunState.ACCEPTED)
    assert "Undo pending cancellation" in page
    assert "The undo has begun." in page
    assert "as Ada King wanted: “They clicked &lt;by mistake&gt;.”" in page
    assert scenes.path(run) in page
    scenes.billed.work()
    first = scenes.ada.get(scenes.path(run)).text
    undone = re.search(r'<a href="([^"]*)">Undone</a> by Ada King because “([^”]*)”', first)
    assert undone
    assert undone.groups() == (scenes.path(child.id), "They clicked &lt;by mistake&gt;.")
    assert scenes.path(run, "/undo") not in first
    assert not scenes.stage.site.subscription(who)["cancel_at_end_of_period"]


def test_a_form_without_a_reason_is_shown_again_with_the_error_on_its_field(
    scenes: Scenes,
) -> None:
    run = scenes.cancelled()

    answer = scenes.ada.post(scenes.path(run, "/undo"), reason=" ")

    assert answer.status_code == 422
    assert 'id="f-reason-error"' in answer.text
    assert "Say why" in answer.text


def test_who_comes_second_is_told_that_it_is_under_way(scenes: Scenes) -> None:
    run = scenes.cancelled()
    other = scenes.stage.visitor()
    other.get(scenes.path(run, "/undo"))
    scenes.ada.post(scenes.path(run, "/undo"), reason="First.")

    page = followed(other, other.post(scenes.path(run, "/undo"), reason="Second."))

    assert "Another run for the same is under way." in page
    scenes.child(run)


def test_what_was_refused_is_run_again_after_a_warning(scenes: Scenes) -> None:
    run = scenes.refused()
    story = scenes.ada.get(scenes.path(run)).text
    page = scenes.ada.get(scenes.path(run, "/again")).text
    assert scenes.path(run, "/again") in story
    assert "Last time" in page
    assert "For an hour at most" in page

    again = followed(scenes.ada, scenes.ada.post(scenes.path(run, "/again"), reason="New card."))

    child = scenes.child(run)
    assert (child.origin, child.parameters) == (Origin.AGAIN, scenes.billed.run(run).parameters)
    assert "Runs again <a" in " ".join(again.split())
    assert "as Ada King wanted: “New card.”" in again


def test_who_waits_for_a_run_that_an_operator_began_must_be_asked_by_them(scenes: Scenes) -> None:
    run = scenes.refused()
    scenes.ada.post(scenes.path(run, "/again"), reason="New card.")
    no_card = '{"errors": ["No payment method was on file for the $29.00 balance"]}'
    scenes.stage.site.chargify.fault(
        "POST", "/subscriptions.json", "status", status=422, body=no_card
    )

    scenes.billed.work()

    page = scenes.ada.get(scenes.path(scenes.child(run).id)).text
    assert "The customer does not see this run, so ask them." in page
    assert "Send them the link" in page
    assert "the customer has been told what to do" not in page


def test_a_run_under_way_and_one_that_succeeded_offer_no_other_run(scenes: Scenes) -> None:
    run = scenes.cancelled()

    page = followed(scenes.ada, scenes.ada.get(scenes.path(run, "/again")))

    assert "It succeeded: there is nothing to run again." in page
    assert scenes.path(run, "/again") not in page


def test_what_nobody_could_find_out_says_what_to_look_for_and_is_recorded(
    scenes: Scenes,
) -> None:
    who = scenes.customer()
    run = scenes.doubtful(who)
    page = scenes.ada.get(scenes.path(run)).text
    assert f"subscription {who.subscription}" in page
    assert f"<code>{scenes.billed.run(run).reference}</code>" in page
    assert "Last sent" in page
    assert "21 more times, each with the same outcome." in page
    assert fields_of(page, "finding") == {
        "reference": str(who.subscription),
        "charged": "",
        "note": "",
    }

    told = followed(
        scenes.ada,
        scenes.ada.post(
            scenes.path(run, "/finding"),
            found="happened",
            reference=str(who.subscription),
            charged="0.5",
            note="It says canceling.",
        ),
    )

    assert scenes.billed.run(run).state is RunState.SUCCEEDED
    assert "Ada King recorded that it happened" in told
    assert "$0.50" in told
    assert scenes.path(run, "/undo") in told
    assert "Journal intact." in told


def test_what_did_not_happen_can_be_run_again(scenes: Scenes) -> None:
    run = scenes.doubtful()

    page = followed(
        scenes.ada,
        scenes.ada.post(scenes.path(run, "/finding"), found="not_happened", note="Still active."),
    )

    assert scenes.billed.run(run).state is RunState.FAILED
    assert scenes.path(run, "/again") in page


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"found": "", "note": "Seen."}, "found"),
        ({"found": "happened", "reference": "1", "note": ""}, "note"),
        ({"found": "happened", "reference": "", "note": "Seen."}, "reference"),
        ({"found": "happened", "reference": "1", "note": "Seen.", "charged": "much"}, "charged"),
    ],
)
def test_half_a_finding_keeps_what_was_typed(
    scenes: Scenes, doubtful: str, typed: dict[str, str], field: str
) -> None:
    answer = scenes.ada.post(scenes.path(doubtful, "/finding"), **typed)

    assert answer.status_code == 422
    assert f'id="f-{field}-error"' in answer.text
    assert typed["note"] in answer.text
    assert scenes.billed.run(doubtful).state is RunState.NEEDS_OPERATOR


@pytest.fixture(scope="module")
def doubtful(scenes: Scenes) -> str:
    return scenes.doubtful()


def test_it_is_looked_up_once_more_now(scenes: Scenes) -> None:
    run = scenes.doubtful()

    page = followed(scenes.ada, scenes.ada.post(scenes.path(run, "/look-up")))

    assert "It is looked up once more." in page
    assert "Ada King had it looked up again" in page
    scenes.billed.work()
    assert scenes.billed.run(run).state is RunState.SUCCEEDED


def test_an_incident_is_told_and_closed_with_a_note(scenes: Scenes) -> None:
    run = scenes.overcharged()
    page = scenes.ada.get(scenes.path(run)).text
    assert INCIDENT in page
    assert "<dt>Shown</dt><dd>$29.00</dd>" in page
    assert "<dt>Price</dt><dd>$29.00 due now</dd>" in page
    assert "not at the price that was shown" in page

    empty = scenes.ada.post(scenes.path(run, "/incident"), note="")
    closed = followed(
        scenes.ada, scenes.ada.post(scenes.path(run, "/incident"), note="Paid $2 back.")
    )

    assert empty.status_code == 422
    assert "Ada King closed the incident" in closed
    assert f"{INCIDENT} Paid $2 back." in closed
    assert 'id="incident-title"' not in closed
    assert "not at the price that was shown" in closed


def test_what_waits_for_somebody_stands_on_the_overview_and_in_the_list(scenes: Scenes) -> None:
    waiting = Scenes.open(scenes.stage)
    app = f"/apps/{waiting.billed.app}"
    assert "Nothing needs a person" in waiting.ada.get(f"{app}/runs?state=needs_operator").text
    assert "No incident is open" in waiting.ada.get(f"{app}/runs?incident=open").text
    doubtful, overcharged = waiting.doubtful(), waiting.overcharged()

    overview = waiting.ada.get(app).text
    needed = waiting.ada.get(f"{app}/runs?state=needs_operator").text
    incidents = waiting.ada.get(f"{app}/runs?incident=open").text

    assert "1 change needs a person" in overview
    assert "1 incident is open" in overview
    assert f'href="{app}/runs?incident=open"' in overview
    assert (doubtful in needed, overcharged in needed) == (True, False)
    assert (doubtful in incidents, overcharged in incidents) == (False, True)
    assert 'Incidents<span class="count">1</span>' in incidents


def test_who_may_not_do_it_sees_the_story_without_the_forms(scenes: Scenes) -> None:
    done, doubt, incident = scenes.cancelled(), scenes.doubtful(), scenes.overcharged()
    member = scenes.somebody(Role.APP_MEMBER)

    pages = [member.get(scenes.path(run)).text for run in (done, doubt, incident)]

    for page in pages:
        assert not re.search(
            r'(?:action|href)="[^"]*/(?:undo|again|finding|look-up|incident)"', page
        )
    assert "An administrator of the app records it." in pages[1]
    assert "An administrator of the app closes it." in pages[2]
    for deed in ("undo", "again", "finding", "look-up", "incident"):
        assert member.post(scenes.path(done, f"/{deed}"), reason="x").status_code == 403


def test_each_deed_stands_in_the_audit_log_with_its_reason(scenes: Scenes) -> None:
    run = scenes.cancelled()
    scenes.ada.post(scenes.path(run, "/undo"), reason="Audited reason.")

    page = scenes.ada.get(f"/apps/{scenes.billed.app}/audit?what=run").text

    assert "Undid a change" in page
    assert "Audited reason." in page


def test_a_run_of_another_app_is_not_there(scenes: Scenes) -> None:
    run = scenes.cancelled()
    other = scenes.stage.open().app

    pages = [scenes.ada.get(f"/apps/{other}/runs/{run}/{path}") for path in ("undo", "again")]
    forms = [
        scenes.ada.post(
            f"/apps/{other}/runs/{run}/{path}", reason="x", note="x", found="not_happened"
        )
        for path in ("undo", "again", "finding", "look-up", "incident")
    ]

    assert {one.status_code for one in (*pages, *forms)} == {404}
