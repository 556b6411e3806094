"""The documentation cannot fall behind: what can be set, called, done or refused is told."""

import inspect
import json
import re
import subprocess
import sys
import tomllib
from dataclasses import fields
from functools import cache
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path

import pytest

from standfast import config
from standfast.connectors.registry import Registry
from standfast.contract import errors as contract_errors
from standfast.contract.actions import RefusalReason
from standfast.domain.action_run import RunState
from standfast.services import errors as service_errors
from standfast.services.publish_prompt import read_prompt_body

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
CONNECTORS = tuple(entry_points(group="standfast.connectors"))
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


@cache
def docs() -> str:
    return "\n".join(page.read_text(encoding="utf-8") for page in ROOT.glob("docs/**/*.md"))


def undocumented(names: set[str]) -> set[str]:
    """Names that never stand in the docs as code: `name`, or at the start of a code span."""
    return {name for name in names if not re.search(rf"`[^`\n]*\b{re.escape(name)}\b", docs())}


def needs(name: str) -> str:
    """The text of a page that may not have been written yet."""
    page = ROOT / "docs" / name
    if not page.exists():
        pytest.skip(f"docs/{name} is not written yet")
    return page.read_text(encoding="utf-8")


def page_id(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_every_link_leads_somewhere(page):
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    broken = [link for link in LINK.findall(text) if not _exists(page, link)]
    assert broken == []


def _exists(page: Path, link: str) -> bool:
    if re.match(r"[a-z]+:", link):
        return True
    path, _, anchor = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    if not target.exists():
        return False
    return not anchor or target.suffix != ".md" or anchor in _anchors(target)


def _anchors(page: Path) -> set[str]:
    """As forges make them: lower case, no punctuation, a dash for a space."""
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    headings = re.findall(r"^#+\s+(.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_run_is_asked_only_for_what_it_does(page):
    run = (ROOT / "run").read_text()
    known = set(re.findall(r"^  (\w+) .*  ", run, re.MULTILINE))
    asked = set(re.findall(r"\./run (\w+)", page.read_text(encoding="utf-8")))
    assert asked - known == set()


def test_every_page_of_the_docs_can_be_reached_from_the_index():
    reached = set[Path]()
    ahead = [ROOT / "docs/index.md"]
    while ahead:
        page = ahead.pop()
        if page not in reached:
            reached.add(page)
            links = [
                page.parent / link.partition("#")[0] for link in LINK.findall(page.read_text())
            ]
            ahead += [link.resolve() for link in links if link.suffix == ".md" and link.exists()]
    assert set(ROOT.glob("docs/**/*.md")) - reached == set()


def test_the_readmes_prompt_can_be_read():
    [example] = re.findall(r"```json\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    body = read_prompt_body(json.loads(example))
    [action] = body.accept_actions()
    spec = Registry.from_entry_points().get(action.connector).spec.action(action.action)
    assert spec is not None
    assert {parameter.key for parameter in spec.parameters} >= set(action.parameters)


def test_every_setting_is_documented():
    read = set(re.findall(r"\benvironment\.get\(\s*\"(\w+)\"", inspect.getsource(config)))
    needs("install.md")
    assert read
    assert undocumented(read) == set()


def test_every_duration_is_documented():
    needs("install.md")
    assert undocumented({one.name for one in fields(config.Durations)}) == set()


def test_every_state_of_a_run_is_documented():
    assert undocumented({state.value for state in RunState}) == set()


def test_every_reason_for_a_refusal_is_documented():
    needs("concepts.md")
    assert undocumented({reason.value for reason in RefusalReason}) == set()


@pytest.mark.parametrize("module", [service_errors, contract_errors], ids=lambda one: one.__name__)
def test_every_error_is_documented(module):
    needs("concepts.md")
    names = {name for name, _ in inspect.getmembers(module, inspect.isclass)}
    assert undocumented(names) == set()


@pytest.mark.parametrize("entry", CONNECTORS, ids=[one.name for one in CONNECTORS])
def test_every_action_of_a_connector_is_documented(entry):
    text = needs(f"connectors/{entry.name}.md")
    spec = entry.load()().spec
    told = {setting.key for setting in spec.settings}
    for action in spec.actions:
        told |= {action.key} | {parameter.key for parameter in action.parameters}
    assert {key for key in told if f"`{key}`" not in text} == set()


@pytest.mark.parametrize("program", ["standfast", "chargify_simulator"])
def test_every_command_is_documented(program):
    if find_spec(f"{program}.cli") is None:
        pytest.skip(f"{program} has no command line yet")
    name = program.replace("_", "-")
    needs("install.md")
    commands = _commands(program)
    assert commands
    assert {one for one in commands if f"{name} {one}" not in docs()} == set()


def _commands(program: str) -> set[str]:
    """The names in "{serve,web,…}", as argparse prints them."""
    shown = subprocess.run(
        [sys.executable, "-c", f"from {program}.cli import main; main()", "--help"],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "", "COLUMNS": "200"},
    )
    assert shown.returncode == 0, shown.stderr
    listed = re.search(r"\{([\w,-]+)\}", shown.stdout)
    return set(listed[1].split(",")) if listed else set()


def test_every_dependency_is_explained():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    groups = project["dependency-groups"]
    wanted = project["project"]["dependencies"] + groups["dev"] + groups["build"]
    names = {re.split(r"[\[<>=~! ]", one)[0] for one in wanted}
    page = (ROOT / "docs/dependencies.md").read_text(encoding="utf-8")
    assert {name for name in names if f"`{name}`" not in page} == set()
