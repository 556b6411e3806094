import threading

import msgspec
import pytest

from builders import a_condition, a_prompt, a_step, an_action
from choosy import an_item
from clocks import FrozenClock
from deciding import CONNECTION, DecidingRig
from standfast.contract.catalogue import ItemKind
from standfast.domain.prompt import PromptStatus
from standfast.services.errors import FieldInvalid, NotFound, NotNow
from standfast.services.publish_prompt import PreflightFailed, read_prompt_body
from standfast.services.snapshots import Snapshots
from standfast.store.catalogue import retire_unseen_items
from standfast.store.database import Database
from standfast.store.prompts import find_prompt, find_version, list_versions

SUBSCRIBE = an_action("create_subscription", connector="choosy", plan="gold")


@pytest.fixture
def rig(embedded_database: Database, clock: FrozenClock) -> DecidingRig:
    return DecidingRig(embedded_database, clock)


@pytest.fixture
def rig_on_both(database: Database, clock: FrozenClock) -> DecidingRig:
    return DecidingRig(database, clock)


def versions_of(rig: DecidingRig, prompt_id: str):
    with rig.database.reading() as reader:
        return list_versions(reader, prompt_id)


def test_a_draft_is_seen_by_nobody(rig: DecidingRig):
    rig.draft(a_prompt())

    assert rig.shown(rig.identity("ann")) == []


def test_a_started_prompt_is_version_one_and_live(rig_on_both: DecidingRig):
    rig = rig_on_both
    prompt_id = rig.start(a_prompt())

    with rig.database.reading() as reader:
        row = find_prompt(reader, rig.app_id, prompt_id)

    assert row is not None
    assert (row.status, row.version) == (PromptStatus.LIVE, 1)
    assert rig.shown() == [prompt_id]
    assert [one.published_by for one in versions_of(rig, prompt_id)] == ["olga"]


def test_a_prompt_in_review_is_seen_by_test_visitors_only(rig: DecidingRig):
    prompt_id = rig.draft(a_prompt())
    rig.prompts.review(rig.app_id, prompt_id, by="olga")
    rig.visitors.save(rig.app_id, "tess", {}, is_test=True)

    assert rig.shown() == []
    assert rig.shown(rig.identity("tess")) == [prompt_id]


def test_an_edited_draft_changes_nothing_until_it_is_published(rig_on_both: DecidingRig):
    rig = rig_on_both
    prompt_id = rig.start(a_prompt())
    body = a_prompt(steps=(a_step(title="New title"),))

    rig.prompts.save_draft(rig.app_id, name="Offer", body=body, prompt_id=prompt_id)
    before = rig.decide().prompts[0]
    rig.prompts.publish(rig.app_id, prompt_id, by="olga")
    after = rig.decide().prompts[0]

    assert (before.version, before.steps[0].title) == (1, "Stay with us")
    assert (after.version, after.steps[0].title) == (2, "New title")


def test_publishing_the_same_again_makes_no_new_version(rig: DecidingRig):
    prompt_id = rig.start(a_prompt())

    rig.prompts.publish(rig.app_id, prompt_id, by="olga")

    assert len(versions_of(rig, prompt_id)) == 1


def test_a_paused_prompt_hides_and_a_resumed_one_comes_back(rig_on_both: DecidingRig):
    rig = rig_on_both
    prompt_id = rig.start(a_prompt())

    rig.prompts.pause(rig.app_id, prompt_id)
    hidden = rig.shown()
    rig.prompts.resume(rig.app_id, prompt_id)

    assert hidden == []
    assert rig.shown() == [prompt_id]


def test_an_ended_prompt_is_over_for_good(rig: DecidingRig):
    prompt_id = rig.start(a_prompt())
    rig.prompts.end(rig.app_id, prompt_id)

    assert rig.shown() == []
    with pytest.raises(NotNow):
        rig.prompts.start(rig.app_id, prompt_id, by="olga")
    with pytest.raises(NotNow):
        rig.prompts.save_draft(rig.app_id, name="x", body=a_prompt(), prompt_id=prompt_id)


def test_a_draft_cannot_be_paused(rig: DecidingRig):
    prompt_id = rig.draft(a_prompt())

    with pytest.raises(NotNow):
        rig.prompts.pause(rig.app_id, prompt_id)


def test_the_price_at_publishing_is_pinned_into_the_version_and_not_into_the_draft(
    rig: DecidingRig,
):
    prompt_id = rig.start(a_prompt(SUBSCRIBE))

    with rig.database.reading() as reader:
        version = find_version(reader, prompt_id, 1)
        row = find_prompt(reader, rig.app_id, prompt_id)

    assert version is not None
    assert row is not None
    assert version.body.actions()[0].parameters == {"plan": "gold", "price_point": "gold-1"}
    assert row.draft.actions()[0].parameters == {"plan": "gold"}


def test_a_new_default_price_makes_a_new_version_only_when_published(rig: DecidingRig):
    prompt_id = rig.start(a_prompt(SUBSCRIBE))
    rig.stock(
        an_item(ItemKind.PRICE_POINT, "gold-1", is_default=False),
        an_item(ItemKind.PRICE_POINT, "gold-2"),
    )

    live = rig.live().find_prompt(prompt_id)
    rig.prompts.publish(rig.app_id, prompt_id, by="olga")
    later = rig.live().find_prompt(prompt_id)

    assert live is not None
    assert later is not None
    assert live.body.actions()[0].parameters["price_point"] == "gold-1"
    assert later.body.actions()[0].parameters["price_point"] == "gold-2"


@pytest.mark.parametrize("step", ["start", "review"])
def test_a_prompt_with_a_fault_cannot_start_and_says_where_it_is(rig: DecidingRig, step: str):
    faulty = an_action("create_subscription", connector="choosy", plan="none")
    prompt_id = rig.draft(a_prompt(faulty))

    with pytest.raises(PreflightFailed) as refused:
        getattr(rig.prompts, step)(rig.app_id, prompt_id, by="olga")

    assert [one.code for one in refused.value.findings] == ["item_unknown"]
    assert refused.value.field == "steps[0].buttons.accept.actions[0].parameters.plan"
    assert rig.prompts.preflight(rig.app_id, prompt_id) == refused.value.findings
    assert rig.shown() == []


def test_a_prompt_whose_plan_was_retired_meanwhile_cannot_be_resumed(rig: DecidingRig):
    prompt_id = rig.start(a_prompt(SUBSCRIBE))
    rig.prompts.pause(rig.app_id, prompt_id)
    with rig.database.writing_mirror() as mirror:
        retire_unseen_items(mirror, CONNECTION, pass_id="2", at=rig.clock.now())

    with pytest.raises(PreflightFailed) as refused:
        rig.prompts.resume(rig.app_id, prompt_id)

    assert {one.code for one in refused.value.findings} == {"item_retired"}


def test_a_prompt_cannot_start_over_a_connection_that_is_switched_off(rig: DecidingRig):
    prompt_id = rig.draft(a_prompt(SUBSCRIBE))
    rig.connection(is_active=False)

    with pytest.raises(PreflightFailed) as refused:
        rig.prompts.start(rig.app_id, prompt_id, by="olga")

    assert [one.code for one in refused.value.findings] == ["connection_unusable"]


def test_another_apps_prompt_is_not_found(rig: DecidingRig):
    prompt_id = rig.draft(a_prompt())

    with pytest.raises(NotFound):
        rig.prompts.start("app_other", prompt_id, by="olga")


def test_a_body_from_outside_is_read_or_refused_with_its_field():
    body = read_prompt_body(msgspec.to_builtins(a_prompt(SUBSCRIBE)))
    assert body == a_prompt(SUBSCRIBE)

    with pytest.raises(FieldInvalid) as refused:
        read_prompt_body({"steps": [{"key": "a", "title": 1, "message": "", "buttons": {}}]})

    assert refused.value.field == "steps[0].title"


def test_every_published_state_can_be_found_again_by_its_hash(rig_on_both: DecidingRig):
    rig = rig_on_both
    prompt_id = rig.start(a_prompt())
    first = rig.live().hash
    rig.prompts.end(rig.app_id, prompt_id)

    kept = rig.snapshots.by_hash(rig.app_id, first)

    assert kept is not None
    assert kept.find_prompt(prompt_id) is not None
    assert rig.live().hash != first
    assert rig.snapshots.by_hash("app_other", first) is None


def test_a_changed_segment_is_live_at_once_and_names_the_prompts_it_touches(
    rig_on_both: DecidingRig,
):
    rig = rig_on_both
    segment = rig.segments.save(rig.app_id, name="Gold", rule=a_condition()).segment
    prompt_id = rig.start(a_prompt(included_segments=(segment.id,)))
    rig.start(a_prompt(included_segments=(segment.id,), priority=1))
    rig.prompts.end(rig.app_id, prompt_id)
    other = rig.start(a_prompt(excluded_segments=(segment.id,)))
    tin = {"type": "trait", "trait": "plan", "operator": "is", "value": "tin"}

    saved = rig.segments.save(rig.app_id, name="Tin", rule=tin, segment_id=segment.id)

    assert prompt_id not in saved.touches
    assert other in saved.touches
    assert len(saved.touches) == 2
    assert rig.segments.touches(rig.app_id, segment.id) == saved.touches
    assert other not in rig.shown(rig.identity(claims={"plan": "tin"}))


@pytest.mark.parametrize(
    ("name", "rule", "field"),
    [
        (" ", {"type": "all", "rules": []}, "name"),
        ("Gold", {"type": "all", "rules": [{"type": "x"}]}, "rule.rules[0].type"),
        ("Gold", {"type": "trait", "trait": "a", "operator": "is"}, "rule.value"),
    ],
)
def test_a_bad_segment_is_refused_with_its_field(rig: DecidingRig, name, rule, field):
    with pytest.raises(FieldInvalid) as refused:
        rig.segments.save(rig.app_id, name=name, rule=rule)

    assert refused.value.field == field


def test_a_segment_of_another_app_is_not_found(rig: DecidingRig):
    segment = rig.segments.save(rig.app_id, name="Gold", rule=a_condition()).segment

    with pytest.raises(NotFound):
        rig.segments.save(rig.app_id, name="G", rule=a_condition(), segment_id="seg_other")
    with pytest.raises(NotFound):
        rig.segments.save("app_other", name="G", rule=a_condition(), segment_id=segment.id)


@pytest.mark.parametrize("percent", [-1, 101])
def test_a_holdout_outside_its_bounds_is_refused(rig: DecidingRig, percent: float):
    with pytest.raises(FieldInvalid):
        rig.holdout.change(rig.app_id, percent)


def test_prompts_started_at_the_same_time_are_all_live(rig_on_both: DecidingRig):
    rig = rig_on_both
    drafts = [rig.draft(a_prompt()) for _ in range(6)]
    threads = [
        threading.Thread(target=rig.prompts.start, args=(rig.app_id, one), kwargs={"by": "olga"})
        for one in drafts
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(rig.shown()) == sorted(drafts)


def test_another_process_shows_what_was_published_within_a_second(rig_on_both: DecidingRig):
    rig = rig_on_both
    elsewhere = Snapshots(rig.database, rig.clock)
    assert elsewhere.current(rig.app_id).prompts == ()

    prompt_id = rig.start(a_prompt())
    rig.clock.advance(1)

    assert [one.id for one in elsewhere.current(rig.app_id).prompts] == [prompt_id]
