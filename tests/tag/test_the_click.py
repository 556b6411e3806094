"""From the click on a customer's page to the bill and back to the words in the prompt."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from journeys.rig import Rig, cancel, coupon
from standfast.domain.prompt import AttachedAction, ResultTexts
from tag.conftest import Scene

DONE = ResultTexts(succeeded="Your next bills are 30 % lower.")

CHANGES: dict[str, tuple[str | None, Callable[[Rig], AttachedAction], dict[str, object]]] = {
    "create": (None, lambda rig: rig.create("pro"), {"state": "active"}),
    "cancel": ("basic", lambda _: cancel("end_of_period"), {"cancel_at_end_of_period": True}),
    "coupon": ("basic", lambda _: coupon("STAY30"), {"coupon_codes": ["STAY30"]}),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_a_click_changes_the_bill_and_the_prompt_says_so(scene: Scene, change) -> None:
    plan, action, truth = change
    ada = scene.customer(plan=plan)
    scene.offer(action(scene.rig), texts=DONE)

    scene.visit()
    scene.button("Yes, please").click()

    expect(scene.status).to_have_text("Your next bills are 30 % lower.")
    assert truth.items() <= scene.rig.site.subscriptions(ada)[-1].items()
    assert len(scene.rig.site.effects()) == 1
    scene.button("Done").click()
    expect(scene.dialog).to_have_count(0)
    assert [one["state"] for one in scene.told("result")] == ["succeeded"]
    assert scene.stored() == ["impression", "accept"]
