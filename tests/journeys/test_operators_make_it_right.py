"""What a click changed is taken back, run again or recorded in the console: once, and provably."""

from dataclasses import dataclass

import pytest

from console.rig import CHEAP, Person, Visitor
from journeys.billing_site import Customer
from journeys.rig import Rig, cancel, coupon, until
from standfast.domain.action_run import RunState
from standfast.domain.attempt_chain import first_broken
from standfast.domain.roles import Role
from standfast.services.one_time_links import OneTimeLinks
from standfast.services.passwords import Passwords
from standfast.services.permissions import SYSTEM
from standfast.services.sign_in import SignIn
from standfast.store.run_lists import RunFilter, list_run_lines
from standfast.store.runs import get_run, list_entries

DELAYED_CANCEL = "/subscriptions/*/delayed_cancel.json"
ADD_COUPON = "/subscriptions/*/add_coupon.json"
AN_HOUR, A_DAY = 3_700, 90_000


@dataclass
class Console:
    """An operator's browser without script, beside the shop."""

    rig: Rig
    role: Role = Role.APP_ADMIN

    def __post_init__(self) -> None:
        house, self.url = self.rig.house, str(self.rig.shop.client.base_url)
        passwords = Passwords(CHEAP)
        links = OneTimeLinks(house.database, passwords, house.clock)
        token = links.invite(SYSTEM, self.rig.shop.app, self.role)
        login = f"{self.role}@acme.io"
        name, password = "Olga", "a calm river at dawn"
        self.person = Person(links.sign_up(token, name=name, login=login, password=password), login)
        self.sign_in = SignIn(house.database, passwords, house.clock)

    def visitor(self) -> Visitor:
        """Signed in just now: an hour may have passed, or a day."""
        return Visitor(self.url, self.sign_in.begin(self.person.id, browser="A test"))

    def path(self, run: str, rest: str = "") -> str:
        return f"/apps/{self.rig.shop.app}/runs/{run}{rest}"

    def page(self, run: str) -> str:
        return self.visitor().get(self.path(run)).text

    def post(self, run: str, deed: str, **fields: str) -> int:
        visitor = self.visitor()
        sent = {"csrf": visitor.csrf(), **fields}
        return visitor.send(
            self.path(run, f"/{deed}"), sent, origin=self.url.rstrip("/")
        ).status_code


@pytest.fixture
def console(rig: Rig) -> Console:
    return Console(rig)


def clicked(rig: Rig, who: Customer) -> str:
    """Accept the only prompt; the id of its run."""
    return rig.accept(who)["runs"][0]["id"]


def state(rig: Rig, run: str) -> RunState:
    with rig.house.database.reading() as reader:
        return get_run(reader, run).state


def ended(rig: Rig, run: str, wanted: RunState) -> None:
    until(lambda: state(rig, run) is wanted, f"the run is {wanted}")


def newest(rig: Rig) -> str:
    with rig.house.database.reading() as reader:
        return list_run_lines(reader, rig.shop.app, RunFilter(), limit=1)[0].id


def journal_holds(rig: Rig, run: str) -> bool:
    with rig.house.database.reading() as reader:
        return first_broken(list_entries(reader, run)) is None


def test_a_cancellation_is_undone_and_the_subscription_is_as_before(
    rig: Rig, console: Console
) -> None:
    ada = rig.customer()
    before = rig.site.subscription(ada)
    rig.offer(cancel("end_of_period"))
    run = clicked(rig, ada)
    ended(rig, run, RunState.SUCCEEDED)
    assert rig.site.subscription(ada)["cancel_at_end_of_period"]
    mark = rig.site.mark()

    assert console.post(run, "undo", reason="They called: a slip.") == 303

    undo = newest(rig)
    ended(rig, undo, RunState.SUCCEEDED)
    after = rig.site.subscription(ada)
    assert {key for key in before if before[key] != after[key]} <= {"updated_at"}
    assert rig.site.effects(since=mark) == [
        f"DELETE /subscriptions/{ada.subscription}/delayed_cancel.json"
    ]
    assert "by Olga because “They called: a slip.”" in console.page(run)
    assert journal_holds(rig, run)
    assert journal_holds(rig, undo)


def test_the_answer_to_an_undo_gets_lost_and_it_is_looked_up(rig: Rig, console: Console) -> None:
    ada = rig.customer()
    rig.offer(coupon("TEN"))
    run = clicked(rig, ada)
    ended(rig, run, RunState.SUCCEEDED)
    mark = rig.site.mark()
    rig.site.chargify.fault("DELETE", "/subscriptions/*/remove_coupon.json", "cut_after", times=1)

    console.post(run, "undo", reason="They want none.")

    ended(rig, newest(rig), RunState.SUCCEEDED)
    assert rig.site.subscription(ada)["coupon_codes"] == []
    assert len(rig.site.effects(since=mark)) == 1


def test_what_failed_is_run_again_and_done(rig: Rig, console: Console) -> None:
    ada = rig.customer()
    rig.offer(coupon("TEN"))
    prompt = rig.show(ada)
    rig.site.chargify.fault("POST", ADD_COUPON, "status", status=429, times=None)
    run = rig.shop.click(rig.shop.identity(ada), prompt)["runs"][0]["id"]
    rig.clock.advance(AN_HOUR)
    ended(rig, run, RunState.FAILED)
    rig.site.chargify.clear_faults()
    rig.clock.advance(AN_HOUR)

    assert console.post(run, "again", reason="The site was busy.") == 303

    again = newest(rig)
    ended(rig, again, RunState.SUCCEEDED)
    assert rig.site.subscription(ada)["coupon_codes"] == ["TEN"]
    assert state(rig, run) is RunState.FAILED
    console.post(run, "again", reason="Once more.")
    assert newest(rig) == again


def test_what_nobody_could_find_out_is_recorded_and_run_again(rig: Rig, console: Console) -> None:
    ada = rig.customer()
    rig.offer(cancel("end_of_period"))
    prompt = rig.show(ada)
    rig.site.chargify.fault("POST", DELAYED_CANCEL, "cut_before", times=1)
    rig.site.chargify.fault("GET", "/subscriptions/*", "status", times=None, status=500)
    run = rig.shop.click(rig.shop.identity(ada), prompt)["runs"][0]["id"]
    rig.clock.advance(A_DAY)
    ended(rig, run, RunState.NEEDS_OPERATOR)
    rig.site.chargify.clear_faults()
    assert "Did it happen?" in console.page(run)
    mark = rig.site.mark()

    recorded = console.post(run, "finding", found="not_happened", note="It is active.")
    began = console.post(run, "again", reason="They still want to leave.")

    assert (recorded, began) == (303, 303)
    ended(rig, newest(rig), RunState.SUCCEEDED)
    assert rig.site.subscription(ada)["cancel_at_end_of_period"]
    assert len(rig.site.effects(since=mark)) == 1
    assert journal_holds(rig, run)


@pytest.mark.parametrize("role", [Role.APP_MEMBER, Role.READ_ONLY])
def test_who_is_no_administrator_cannot_take_anything_back(rig: Rig, role: Role) -> None:
    ada = rig.customer()
    rig.offer(cancel("end_of_period"))
    run = clicked(rig, ada)
    ended(rig, run, RunState.SUCCEEDED)

    assert Console(rig, role).post(run, "undo", reason="I may not.") == 403

    assert newest(rig) == run
    assert rig.site.subscription(ada)["cancel_at_end_of_period"]
