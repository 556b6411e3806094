"""The builder of segments, as a browser without script uses it."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from builders import a_prompt, a_rule
from console.billing_rig import BilledApp, BilledHouse, a_billed_house
from console.forms import fields_of
from console.rig import Visitor
from standfast.domain.rules.model import Rule, read_rule
from standfast.store.bodies import packed
from standfast.store.segments import list_segments
from standfast.web.console.segments_edited import edited_rule, raw_rule, read_edited
from standfast.web.console.segments_words import sentence


@dataclass
class Desk:
    billed: BilledApp
    ada: Visitor

    def path(self, rest: str = "") -> str:
        return f"/apps/{self.billed.app}/segments{rest}"

    def fields(self, rest: str = "/new") -> dict[str, str]:
        return fields_of(self.ada.get(self.path(rest)).text, "segment")

    def send(self, fields: dict[str, str], rest: str = "/new", **changes: str):
        return self.ada.post(self.path(rest), **{**fields, **changes})

    def rules(self) -> dict[str, Rule]:
        with self.billed.house.database.reading() as reader:
            return {one.name: one.rule for one in list_segments(reader, self.billed.app)}


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BilledHouse]:
    with a_billed_house(tmp_path_factory.mktemp("segments") / "data") as stage:
        yield stage


@pytest.fixture
def desk(stage: BilledHouse) -> Desk:
    billed = stage.open()
    save = billed.house.save_visitor.save
    for user, seats, country in (("ann", 3, "DE"), ("ben", 7, "DE"), ("cy", 9, "FR")):
        save(billed.app, user, {"seats": seats, "country": country})
    return Desk(billed, stage.visitor())


def a_condition(path: str, trait: str, kind: str, operator: str, value: str) -> dict[str, str]:
    told = {"type": "trait", "trait": trait, "kind": kind, "operator": operator, "value": value}
    return {f"{path}.{name}": text for name, text in told.items()}


def test_a_segment_is_built_saved_and_counted_without_script(desk: Desk) -> None:
    form = fields_of(desk.send(desk.fields(), do="add:rule:group").text, "segment")
    form = fields_of(desk.send(form, do="add:rule.rules[1]:trait").text, "segment")
    form |= a_condition("rule.rules[0]", "seats", "number", "at_least", "5")
    form |= a_condition("rule.rules[1].rules[0]", "country", "text", "in", "DE, AT")

    answer = desk.send(form, name="Big in Germany", do="save")

    assert answer.status_code == 303, answer.text
    seats = {"type": "trait", "trait": "seats", "operator": "at_least", "value": 5}
    country = {"type": "trait", "trait": "country", "operator": "in", "value": ["DE", "AT"]}
    expected = {"type": "all", "rules": [seats, {"type": "any", "rules": [country]}]}
    assert desk.rules() == {"Big in Germany": read_rule(expected)}
    page = desk.ada.get(desk.path()).text
    assert "1 <span" in page
    assert "of 3" in page


def test_the_count_follows_the_form(desk: Desk) -> None:
    form = desk.fields() | a_condition("rule.rules[0]", "seats", "number", "greater_than", "5")

    page = desk.send(form, "/count").text

    assert "<b>2</b> of 3 visitors" in page
    assert "seats is more than 5" in page


def test_an_unfinished_rule_is_told_and_counts_nothing(desk: Desk) -> None:
    form = desk.fields() | a_condition("rule.rules[0]", "seats", "number", "at_least", "many")

    assert "Write a number." in desk.send(form, "/count").text
    answer = desk.send(form, name="Odd", do="save")
    assert answer.status_code == 422
    assert 'id="f-rule.rules[0]-error"' in answer.text
    assert not desk.rules()


def test_a_subscription_is_asked_about_as_one(desk: Desk) -> None:
    desk.billed.connect()
    kim = desk.billed.site.add_customer("kim", plan="pro")
    desk.billed.clock.advance(3_600)
    desk.billed.sync()
    desk.billed.house.save_visitor.save(desk.billed.app, "kim", {"chargify_id": kim.id})
    form = fields_of(desk.send(desk.fields(), do="add:rule:some").text, "segment")
    form = fields_of(desk.send(form, do="remove:rule.rules[0]").text, "segment")
    form |= a_condition("rule.rules[0].rule.rules[0]", "plan_name", "text", "is", "Pro")

    page = desk.send(form, "/count").text

    assert "<b>1</b> of 4 visitors" in page
    assert "there is a subscription where plan name is “Pro”" in page


def test_a_chosen_trait_brings_its_kind(desk: Desk) -> None:
    form = desk.fields() | {"rule.rules[0].trait": "seats"}

    form = fields_of(desk.send(form, do="refresh").text, "segment")

    assert form["rule.rules[0].kind"] == "number"


def test_saving_names_the_live_prompts_it_touches(desk: Desk) -> None:
    house, app = desk.billed.house, desk.billed.app
    segment = house.save_segment.save(app, name="Big", rule=a_rule(seats=9)).segment
    body = a_prompt(included_segments=(segment.id,))
    prompt = house.publish_prompt.save_draft(app, name="Thanks", body=body)
    house.publish_prompt.start(app, prompt.id, by="olga")

    page = desk.ada.get(desk.path(f"/{segment.id}")).text

    assert "Saving changes at once who sees Thanks" in page
    assert "Thanks" in desk.ada.get(desk.path()).text


def test_json_is_taken_over_or_its_mistake_is_told(desk: Desk) -> None:
    rule = '{"type": "trait", "trait": "seats", "operator": "is", "value": 3}'
    form = desk.fields()

    taken = fields_of(desk.send(form, json=rule, do="json").text, "segment")
    assert taken["rule.rules[0].trait"] == "seats"
    assert taken["rule.rules[0].kind"] == "number"
    for mistake in ("{", '{"type": "trait", "trait": "seats", "operator": "like"}'):
        answer = desk.send(form, json=mistake, do="json")
        assert answer.status_code == 422
        assert 'id="f-json-error"' in answer.text


@pytest.mark.parametrize(
    "deed", ["remove:rule.rules[9]", "add:rule.rules[7].rule:trait", "remove:"]
)
def test_a_button_of_an_older_page_harms_nothing(desk: Desk, deed: str) -> None:
    assert desk.send(desk.fields(), do=deed).status_code == 200


RULES = [
    {"type": "all", "rules": []},
    {"type": "any", "rules": [{"type": "trait", "trait": "a", "operator": "is", "value": True}]},
    {"type": "all", "rules": [{"type": "trait", "trait": "a", "operator": "is_not_set"}]},
    {
        "type": "all",
        "rules": [{"type": "trait", "trait": "a", "operator": "in", "value": ["x", "y"]}],
    },
    {
        "type": "all",
        "rules": [{"type": "trait", "trait": "a", "operator": "in", "value": [1, 2.5]}],
    },
    {
        "type": "all",
        "rules": [{"type": "trait", "trait": "a", "operator": "within_last_days", "value": 30}],
    },
    {
        "type": "none",
        "rules": [
            {
                "type": "some",
                "of": "subscription",
                "rule": {
                    "type": "all",
                    "rules": [
                        {
                            "type": "trait",
                            "trait": "coupons",
                            "operator": "contains",
                            "value": "TEN",
                        }
                    ],
                },
            }
        ],
    },
]


@pytest.mark.parametrize("raw", RULES)
def test_a_rule_that_is_opened_and_saved_stays_the_same(raw: dict) -> None:
    rule = read_rule(raw)

    node = edited_rule(rule)
    fields: dict[str, str] = {}
    write(node, "rule", fields)
    again = read_edited(fields, {})

    assert read_rule(raw_rule(again)) == rule
    assert packed(read_rule(raw_rule(node))) == packed(rule)


def write(node, path: str, fields: dict[str, str]) -> None:
    """The form's fields for this node."""
    fields[f"{path}.type"] = node.type
    if node.type == "some":
        fields[f"{path}.of"] = node.of
        write(node.rules[0], f"{path}.rule", fields)
    elif node.is_group:
        for place, one in enumerate(node.rules):
            write(one, f"{path}.rules[{place}]", fields)
    else:
        for name in ("trait", "kind", "operator", "value"):
            fields[f"{path}.{name}"] = getattr(node, name)


def test_a_rule_is_told_as_a_sentence() -> None:
    rule = read_rule(RULES[6])

    assert sentence(rule, {}) == (
        "Visitors where there is no subscription where coupons contains “TEN”."
    )
    assert sentence(read_rule(RULES[0]), {}) == "Everybody."


def test_a_rule_of_two_hundred_parts_is_a_form_that_can_be_sent(desk: Desk) -> None:
    part = {"type": "trait", "trait": "a_rather_long_trait", "operator": "is", "value": "x" * 60}
    rows = [{"type": "any", "rules": [part] * 48} for _ in range(4)]
    rule = read_rule({"type": "all", "rules": rows})
    house, app = desk.billed.house, desk.billed.app
    segment = house.save_segment.save(app, name="Long", rule=rule).segment

    answer = desk.send(desk.fields(f"/{segment.id}"), f"/{segment.id}", do="save")

    assert answer.status_code == 303
    assert desk.rules() == {"Long": rule}
