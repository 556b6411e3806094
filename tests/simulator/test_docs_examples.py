"""The examples of docs/simulator.md are run, in their order, against one simulator."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from chargify_simulator.testing import running_simulator

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "simulator.md").read_text()
ADDRESS = "http://127.0.0.1:8020"
STRICT_CURL = 'curl() { command curl --silent --show-error --fail-with-body --max-time 20 "$@"; }\n'


def examples(language):
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def simulator():
    with running_simulator() as running:
        yield running


@pytest.mark.parametrize("example", [each for each in examples("sh") if "curl" in each])
def test_every_curl_example_is_answered(simulator, example):
    if shutil.which("curl") is None:
        pytest.skip("curl is not there")
    script = STRICT_CURL + example.replace(ADDRESS, simulator.url)

    done = subprocess.run(["sh", "-ec", script], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr + done.stdout


@pytest.mark.parametrize("example", examples("python"))
def test_every_python_example_runs(simulator, example):
    python = sys.executable
    if "advancedbilling" in example:
        python = ROOT / ".envs" / "sdk" / "bin" / "python"
        if not python.exists():
            pytest.skip("the SDK's environment is not there")

    done = subprocess.run(
        [python, "-c", example.replace(ADDRESS, simulator.url)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr


def test_there_are_examples_of_both_kinds():
    assert len([each for each in examples("sh") if "curl" in each]) >= 3
    assert len(examples("python")) >= 2
