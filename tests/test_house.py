"""What holds for every file of this repository."""

import os
import re
import subprocess
import sys
import tomllib
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parent.parent
CODE = {".py", ".sql", ".sh", ".ts", ".css", ".html", ".jinja"}
PROSE = {".md", ".toml", ".txt", ".in", ".json", ".yml", ".yaml", ".ini", ".cfg", ".mako", ""}

LONGEST = 400
OPEN_POINT = re.compile(r"\b(TO[D]O|FIX[M]E|XX[X])\b(?!.*#\d)")
# The brackets keep this file from matching itself.
MACHINE_PATH = re.compile(r"(?<![\w.])/([w]ork|[r]oot|[U]sers|home/\w+)/")
REGISTRY = re.compile(r"pypi\.org|python[h]osted|npmjs\.|deb\.debian")
VAGUE = {"manager", "helper", "helpers", "utils", "util", "handler", "handlers", "common", "misc"}


@cache
def files() -> tuple[Path, ...]:
    """What is committed; without git (an unpacked archive), what lies in the known folders."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode == 0:
        names = [ROOT / name for name in listed.stdout.split("\0") if name]
    else:
        folders = ("src", "tests", "bench", "demo", "docs", "requirements")
        names = [path for folder in folders for path in (ROOT / folder).rglob("*")]
        names += [path for path in ROOT.iterdir() if path.is_file()]
    return tuple(path for path in names if path.is_file() and "__pycache__" not in path.parts)


def texts(suffixes: set[str]) -> list[tuple[Path, str]]:
    chosen = [path for path in files() if path.suffix in suffixes]
    return [(path.relative_to(ROOT), path.read_text(encoding="utf-8")) for path in chosen]


def lines_with(pattern: re.Pattern[str], suffixes: set[str]) -> list[str]:
    return [
        f"{path}:{number}: {line.strip()}"
        for path, text in texts(suffixes)
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]


def pyproject() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def test_no_file_of_code_is_longer_than_400_lines():
    lengths = {str(path): len(text.splitlines()) for path, text in texts(CODE)}
    assert {path: n for path, n in lengths.items() if n > LONGEST} == {}


def test_an_open_point_names_its_issue():
    assert lines_with(OPEN_POINT, CODE) == []


def test_no_file_knows_the_machine_it_was_written_on():
    assert lines_with(MACHINE_PATH, CODE | PROSE) == []


def test_no_file_names_the_host_of_a_package_registry():
    assert lines_with(REGISTRY, CODE | PROSE) == []


def test_no_lock_file_pins_what_requirements_pin():
    names = {"uv.lock", "poetry.lock", "Pipfile.lock", "yarn.lock"}
    assert [path for path in files() if path.name in names] == []


def test_a_file_is_named_for_what_is_in_it():
    modules = [path for path in files() if path.suffix == ".py"]
    assert [path for path in modules if VAGUE & set(path.stem.split("_"))] == []


@pytest.mark.parametrize("name", ["run", ".ci/run"])
def test_what_people_start_can_be_started(name):
    assert os.access(ROOT / name, os.X_OK)


def test_run_is_plain_posix_shell():
    assert (ROOT / "run").read_text().startswith("#!/bin/sh\n")
    subprocess.run(["sh", "-n", ROOT / "run"], check=True)


@pytest.mark.parametrize("name", sorted(one.name for one in ROOT.glob("requirements/*.txt")))
def test_every_pin_has_a_hash(name):
    text = (ROOT / "requirements" / name).read_text()
    entries = re.split(r"\n(?=\S)", text.strip())
    pins = [entry for entry in entries if not entry.startswith("#")]
    assert pins
    assert [pin for pin in pins if "==" not in pin or "--hash=sha256:" not in pin] == []


def test_what_the_project_needs_is_pinned():
    project = pyproject()
    groups = project["dependency-groups"]
    wanted = {
        "runtime": project["project"]["dependencies"],
        "dev": project["project"]["dependencies"] + groups["dev"] + groups["build"],
        "build": groups["build"],
    }
    for name, requirements in wanted.items():
        text = (ROOT / f"requirements/{name}.txt").read_text()
        pinned = set(re.findall(r"^([\w.-]+)==", text, re.MULTILINE))
        missing = {re.split(r"[\[<>=~! ]", one)[0] for one in requirements} - pinned
        assert missing == set(), f"./run pin (missing in requirements/{name}.txt)"


@cache
def imports() -> grimp.ImportGraph:
    return grimp.build_graph("standfast", "chargify_simulator", include_external_packages=True)


def test_what_the_code_imports_is_a_dependency_by_name():
    """Not by chance, because another package happens to need it."""
    inside = {"standfast", "chargify_simulator"} | sys.stdlib_module_names
    packages = {module.partition(".")[0] for module in imports().modules} - inside
    declared = {re.split(r"[\[<>=~! ]", one)[0] for one in pyproject()["project"]["dependencies"]}
    givers = {
        package: {name.lower().replace("_", "-") for name in names}
        for package, names in packages_distributions().items()
    }
    assert {name for name in packages if not declared & givers.get(name, set())} == set()


def connectors() -> list[str]:
    folder = ROOT / "src/standfast/connectors"
    return sorted(path.parent.name for path in folder.glob("*/__init__.py"))


def modules_of(key: str) -> set[str]:
    package = f"standfast.connectors.{key}"
    return {package} | imports().find_descendants(package)


@pytest.mark.parametrize("key", connectors())
def test_a_connector_imports_its_contract_and_itself(key):
    allowed = ("standfast.contract.", f"standfast.connectors.{key}.")
    imported = {
        (module, other)
        for module in modules_of(key)
        for other in imports().find_modules_directly_imported_by(module)
        if other.startswith("standfast")
    }
    assert {pair for pair in imported if not f"{pair[1]}.".startswith(allowed)} == set()


@pytest.mark.parametrize("key", connectors())
def test_nobody_names_a_connector(key):
    """A new connector is a folder and an entry point; the registry finds it."""
    importers = {
        (other, module)
        for module in modules_of(key)
        for other in imports().find_modules_that_directly_import(module)
    }
    assert {pair for pair in importers if pair[0] not in modules_of(key)} == set()


def test_every_test_is_named_as_a_sentence():
    """At least three words; a name like test_decide says what was called, not what is true."""
    names = [
        f"{path}: {name}"
        for path, text in texts({".py"})
        if path.parts[0] == "tests"
        for name in re.findall(r"^\s*def (test_\w+)", text, re.MULTILINE)
        if name.count("_") < 3
    ]
    assert names == []
