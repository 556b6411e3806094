"""docs/targeting.md and docs/concepts.md tell every word a rule or a finding may hold."""

import inspect
import json
import re
from pathlib import Path

import pytest

from standfast.domain import preflight
from standfast.domain.gates import Gate
from standfast.domain.rules.model import COLLECTIONS, Operator, read_rule

DOCS = Path(__file__).parents[2] / "docs"
TARGETING = (DOCS / "targeting.md").read_text(encoding="utf-8")
CONCEPTS = (DOCS / "concepts.md").read_text(encoding="utf-8")


def test_every_rule_in_the_docs_can_be_read():
    examples = re.findall(r"```json\n(.*?)```", TARGETING, re.DOTALL)

    assert examples
    for example in examples:
        read_rule(json.loads(example))


@pytest.mark.parametrize("word", [*Operator, *sorted(COLLECTIONS["subscription"])])
def test_every_operator_and_field_is_told(word: str):
    assert f"`{word}`" in TARGETING


def test_the_gates_are_told_in_their_order():
    told = re.findall(r"^\| \d+ `(\w+)` \|", CONCEPTS, re.MULTILINE)

    assert told == [gate.value for gate in Gate]


def test_every_code_of_a_finding_is_told():
    codes = {
        preflight.ITEM_RETIRED,
        *re.findall(r'Finding\(\s*"(\w+)"', inspect.getsource(preflight)),
    }

    assert len(codes) > 15
    assert {code for code in codes if f"`{code}`" not in CONCEPTS} == set()
