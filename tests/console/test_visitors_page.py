"""Visitors: the search, the profile, why, the import; and the page of traits."""

from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape

import pytest

from console.billing_rig import BilledApp, BilledHouse, a_billed_house
from console.forms import fields_of
from console.rig import ORIGIN, Visitor, somebody
from journeys.billing_site import Customer
from journeys.rig import cancel, coupon
from standfast.domain.interaction import Kind
from standfast.domain.roles import Role
from standfast.domain.visitor import BillingIdSource
from standfast.store.visitors import VisitorRow, find_visitor

FILE = "user_id,chargify_id,seats\nnew-1,4711,3\nnew-2,4712,many\nnew-3,,5\n"


@dataclass
class Desk:
    """kim matches a customer, lea matches nobody, max has no chargify_id."""

    stage: BilledHouse
    billed: BilledApp
    ada: Visitor
    kim: Customer

    def path(self, rest: str = "") -> str:
        return f"/apps/{self.billed.app}/visitors{rest}"

    def page(self, rest: str = "") -> str:
        answer = self.ada.get(self.path(rest))
        assert answer.status_code == 200, answer.text
        return unescape(answer.text)

    def row(self, user_id: str) -> VisitorRow | None:
        with self.billed.house.database.reading() as reader:
            return find_visitor(reader, self.billed.app, user_id)

    def upload(self, content: bytes, *, name: str = "people.csv"):
        return self.ada.client.post(
            self.path("/import"),
            data={"csrf": self.ada.csrf()},
            files={"file": (name, content, "text/csv")},
            headers={"origin": ORIGIN, "accept": "text/html"},
        )


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BilledHouse]:
    with a_billed_house(tmp_path_factory.mktemp("visitors") / "data") as stage:
        yield stage


@pytest.fixture(scope="module")
def kim(stage: BilledHouse) -> Customer:
    return stage.site.add_customer("kim", plan="pro")


@pytest.fixture
def desk(stage: BilledHouse, kim: Customer) -> Desk:
    billed = stage.open()
    billed.connect()
    billed.sync()
    save = billed.house.save_visitor.save
    save(billed.app, "kim", {"chargify_id": kim.id, "first_name": "Kim", "vip": True})
    save(billed.app, "lea", {"chargify_id": 999_999, "first_name": "Lea"})
    save(billed.app, "max/1 & co", {"first_name": "Max"})
    return Desk(stage, billed, stage.visitor(), kim)


def test_visitors_are_found_by_the_beginning_of_their_id(desk: Desk) -> None:
    found = desk.page("?search=ki")

    assert ">kim</a>" in found
    assert ">lea</a>" not in found
    assert "3 visitors in all" in found


@pytest.mark.parametrize(
    ("having", "found"),
    [
        ("have", {"kim", "lea"}),
        ("without", {"max/1 & co"}),
        ("match", {"kim"}),
        ("do_not", {"lea"}),
        ("nonsense", {"kim", "lea", "max/1 & co"}),
    ],
)
def test_visitors_are_filtered_by_a_trait(desk: Desk, having: str, found: set[str]) -> None:
    page = desk.page(f"?trait=chargify_id&having={having}")

    assert {one for one in ("kim", "lea", "max/1 & co") if f">{one}</a>" in page} == found


def test_a_long_list_goes_on_where_it_ended(desk: Desk) -> None:
    for number in range(60):
        desk.billed.house.save_visitor.save(desk.billed.app, f"u-{number:02}", {})

    page = desk.page()
    after = page.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0]
    second = unescape(desk.ada.get(after).text)

    assert page.count("row-title") == 50
    assert second.count("row-title") == 13
    assert 'rel="next"' not in second


def test_a_profile_tells_bill_traits_and_story(desk: Desk) -> None:
    offer = desk.billed.publish("Stay", coupon("STAY30"))
    desk.billed.happened(offer, Kind.IMPRESSION, "kim")
    [run] = desk.billed.click(offer, desk.kim, ("add_coupon", {"coupon": "STAY30"}))
    desk.billed.work()

    page = desk.page("/profile?user_id=kim")

    assert "Matches a customer" in page
    assert "Server API" in page
    assert ">Pro<" in page.replace("\n", "") or "Pro" in page
    assert "Accepted “Stay”" in page
    assert f"/runs/{run}" in page
    assert "<dd>yes</dd>" in page


@pytest.mark.parametrize(
    ("user", "told"), [("lea", "Matches nobody"), ("max%2F1%20%26%20co", "No chargify_id")]
)
def test_a_profile_says_why_there_is_no_bill(desk: Desk, user: str, told: str) -> None:
    assert told in desk.page(f"/profile?user_id={user}")


def test_nobody_s_profile_is_not_there(desk: Desk) -> None:
    assert desk.ada.get(desk.path("/profile?user_id=nobody")).status_code == 404


def test_administrators_switch_and_members_only_read(desk: Desk) -> None:
    path = desk.path("/profile/switches")
    member = somebody(desk.billed.house, desk.billed.app, Role.APP_MEMBER, name=desk.billed.app)
    mia = desk.stage.visitor(member)

    assert desk.ada.post(path, user_id="kim", is_test="on").status_code == 303
    assert mia.post(path, user_id="kim", is_suppressed="on").status_code == 403

    row = desk.row("kim")
    assert row is not None
    assert (row.is_test, row.is_suppressed) == (True, False)
    assert 'role="switch"' not in mia.get(desk.path("/profile?user_id=kim")).text


def test_a_switch_makes_nobody_up(desk: Desk) -> None:
    path = desk.path("/profile/switches")

    assert desk.ada.post(path, user_id="ghost", is_test="on").status_code == 404
    assert desk.row("ghost") is None


def test_why_shows_every_gate_and_marks_the_closed_one(desk: Desk) -> None:
    desk.billed.publish("Leave", cancel("end_of_period"))

    kim = desk.page("/why?user_id=kim&page_address=/account")
    lea = desk.page("/why?user_id=lea&page_address=account")

    assert kim.count('class="gate ') == 12
    assert "Shown" in kim
    assert "data-closed" not in kim
    assert lea.count("data-closed") == 1
    assert "Offer can be kept: Chargify knows no customer" in lea


def test_a_file_is_looked_at_mapped_and_imported(desk: Desk) -> None:
    preview = desk.upload(FILE.encode())
    assert preview.status_code == 200
    assert "“many” is no number" not in unescape(preview.text)  # one text makes it a text column
    form = fields_of(preview.text, "columns")
    assert form["columns[1].trait"] == "chargify_id"
    assert desk.row("new-1") is None

    checked = desk.ada.post(desk.path("/import/check"), **{**form, "columns[2].kind": "number"})
    page = unescape(checked.text)
    assert "“many” is no number" in page
    assert "Import 2 visitors" in page
    form = fields_of(checked.text, "columns")
    done = desk.ada.post(desk.path("/import/run"), **form)

    assert done.status_code == 200
    first = desk.row("new-1")
    assert first is not None
    assert first.traits == {"chargify_id": "4711", "seats": 3}
    assert first.sources["chargify_id"].source is BillingIdSource.CSV
    assert desk.row("new-2") is None
    rejected = desk.ada.post(desk.path("/import/rejected"), **form)
    assert rejected.headers["content-disposition"].startswith("attachment")
    assert "new-2,4712,many" in rejected.text


@pytest.mark.parametrize("content", [b"", b"user_id,,x\n1,2,3", b"\xff\xfe\xff", b"seats\n"])
def test_a_file_without_a_usable_header_imports_nothing(desk: Desk, content: bytes) -> None:
    answer = desk.upload(content)

    assert answer.status_code == 422
    assert 'id="f-file-error"' in answer.text


def test_a_file_that_is_too_large_is_refused(desk: Desk) -> None:
    answer = desk.upload(b"user_id\n" + b"x" * (5 * 1024 * 1024))

    assert answer.status_code == 422
    assert "larger than 5 MB" in answer.text


def test_without_a_column_for_the_user_id_nothing_can_be_imported(desk: Desk) -> None:
    preview = desk.upload(b"name,seats\nAnn,3\n")
    form = fields_of(preview.text, "columns")

    assert "Choose the column that holds your user id" in preview.text
    assert "/import/run" not in preview.text
    assert desk.ada.post(desk.path("/import/run"), **form).status_code == 422


@pytest.mark.parametrize("packed", ["", "no base64!", "AAAA"])
def test_a_file_that_got_lost_on_the_way_is_asked_for_again(desk: Desk, packed: str) -> None:
    answer = desk.ada.post(desk.path("/import/run"), packed=packed)

    assert answer.status_code == 422
    assert 'id="f-file"' in answer.text


def test_traits_are_told_with_what_matches(desk: Desk) -> None:
    page = unescape(desk.ada.get(f"/apps/{desk.billed.app}/traits").text)

    assert "1 match a customer, 1 match nobody, 1 have none" in page
    assert "?trait=chargify_id&having=do_not" in page
    assert "first_name" in page
    assert "Yes or no" in page


def test_an_app_without_visitors_says_how_they_come(stage: BilledHouse) -> None:
    billed = stage.open()
    ada = stage.visitor()

    assert "No visitor yet" in ada.get(f"/apps/{billed.app}/visitors").text
    assert "No trait yet" in ada.get(f"/apps/{billed.app}/traits").text
