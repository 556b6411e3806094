"""A prompt's page tells what of its limits is used, and stops it; a switch tells how many."""

from collections.abc import Iterator
from html import unescape

import pytest

from builders import a_prompt, an_action
from console.billing_rig import BilledApp, BilledHouse, a_billed_house
from console.rig import Visitor, somebody
from standfast.domain.action_run import RunState
from standfast.domain.interaction import Kind
from standfast.domain.limits import Counter, Reservation, Scope
from standfast.domain.prompt import Budget, Limits, PromptStatus
from standfast.domain.roles import Role
from standfast.services.reserve_limits import reserve
from standfast.store.prompts import find_prompt

COUPON = an_action("add_coupon", connector="chargify", coupon="STAY30")
ADD = ("add_coupon", {"coupon": "STAY30"})
ALL = Limits(total=1_500, per_day=100, once_per_tag="spring", budget=Budget(500_000))


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BilledHouse]:
    with a_billed_house(tmp_path_factory.mktemp("limits") / "data") as stage:
        yield stage


@pytest.fixture
def billed(stage: BilledHouse) -> BilledApp:
    billed = stage.open()
    billed.connect()
    billed.sync()
    return billed


@pytest.fixture
def ada(stage: BilledHouse) -> Visitor:
    return stage.visitor()


def publish(billed: BilledApp, limits: Limits) -> str:
    publishing = billed.house.publish_prompt
    body = a_prompt(COUPON, limits=limits)
    saved = publishing.save_draft(billed.app, name="Loyalty", body=body)
    publishing.start(billed.app, saved.id, by="olga")
    return saved.id


def path(billed: BilledApp, prompt: str, rest: str = "") -> str:
    return f"/apps/{billed.app}/prompts/{prompt}{rest}"


def read(browser: Visitor, where: str) -> str:
    return " ".join(unescape(browser.get(where).text).split())


def test_the_page_of_a_prompt_tells_what_of_each_limit_is_used(
    billed: BilledApp, ada: Visitor
) -> None:
    prompt = publish(billed, ALL)
    taken = (
        Reservation(Counter(Scope.ACCEPTS, prompt), 1_240, 1_500),
        Reservation(Counter(Scope.ACCEPTS_A_DAY, prompt, "2026-03-02"), 100, 100),
        Reservation(Counter(Scope.BUDGET, prompt), 123_400, 500_000, "USD"),
    )
    interaction = billed.happened(prompt, Kind.ACCEPT)
    with billed.house.database.writing() as transaction:
        assert reserve(transaction, billed.app, interaction, taken) is None

    page = read(ada, path(billed, prompt))

    assert "<dt>Accepts in all</dt><dd>1,240 of 1,500 used</dd>" in page
    assert "<dt>Accepts today</dt><dd>100 of 100 used: nobody is shown it</dd>" in page
    assert "<dt>Discount budget</dt><dd>$1,234.00 of $5,000.00 used</dd>" in page
    assert "<dt>Budget left</dt><dd>$3,766.00</dd>" in page
    assert "over all prompts with the tag “spring”" in page


def test_a_prompt_without_limits_has_no_such_panel(billed: BilledApp, ada: Visitor) -> None:
    prompt = publish(billed, Limits())

    assert "Limits used" not in read(ada, path(billed, prompt))


def test_a_prompt_is_stopped_with_a_reason_and_both_times_the_number_is_told(
    stage: BilledHouse, billed: BilledApp, ada: Visitor
) -> None:
    prompt = publish(billed, Limits())
    customer = stage.site.add_customer("kim", plan="pro")
    [run] = billed.click(prompt, customer, ADD)
    before = read(ada, path(billed, prompt))
    assert "1 change that nothing was sent of is cancelled." in before

    answer = ada.post(path(billed, prompt, "/stop"), reason="The coupon is wrong.")

    assert answer.status_code == 303
    after = read(ada, answer.headers["location"])
    assert "The prompt is stopped. Nobody sees it. 1 change that waited was cancelled." in after
    assert status(billed, prompt) is PromptStatus.PAUSED
    assert billed.run(run).state is RunState.CANCELLED
    story = read(ada, f"/apps/{billed.app}/runs/{run}")
    assert "stopped it before it was sent" in story
    assert "The coupon is wrong." in story


def test_without_a_reason_nothing_is_stopped(billed: BilledApp, ada: Visitor) -> None:
    prompt = publish(billed, Limits())

    answer = ada.post(path(billed, prompt, "/stop"), reason="")

    assert "It was not stopped. Say why" in read(ada, answer.headers["location"])
    assert status(billed, prompt) is PromptStatus.LIVE


def test_who_only_reads_cannot_stop_a_prompt(stage: BilledHouse, billed: BilledApp) -> None:
    prompt = publish(billed, Limits())
    reader = stage.visitor(somebody(stage.house, billed.app, Role.READ_ONLY))

    assert reader.post(path(billed, prompt, "/stop"), reason="No.").status_code == 403
    assert status(billed, prompt) is PromptStatus.LIVE


def test_switching_a_connection_off_tells_how_many_changes_it_concerns(
    stage: BilledHouse, billed: BilledApp, ada: Visitor
) -> None:
    prompt = publish(billed, Limits())
    customer = stage.site.add_customer("lee", plan="pro")
    runs = [*billed.click(prompt, customer, ADD), *billed.click(prompt, customer, ADD)]
    connectors = f"/apps/{billed.app}/settings/connectors/chargify"
    assert "2 changes wait and are refused." in read(ada, connectors)

    answer = ada.post(f"{connectors}/switch", active="")

    told = read(ada, answer.headers["location"])
    assert "is switched off. 2 changes that waited were refused." in told
    assert {billed.run(run).state for run in runs} == {RunState.REFUSED}


def test_a_dry_runs_story_tells_what_would_have_been_sent(
    stage: BilledHouse, billed: BilledApp, ada: Visitor
) -> None:
    prompt = publish(billed, Limits())
    customer = stage.site.add_customer("may", plan="pro")
    billed.house.configure_connection.switch(billed.app, "chargify", is_dry_run=True)
    [run] = billed.click(prompt, customer, ADD)

    billed.work()

    story = read(ada, f"/apps/{billed.app}/runs/{run}")
    assert "Dry run: nothing was sent" in story
    assert "add_coupon.json" in story


def status(billed: BilledApp, prompt: str) -> PromptStatus:
    with billed.house.database.reading() as reader:
        row = find_prompt(reader, billed.app, prompt)
    assert row is not None
    return row.status
