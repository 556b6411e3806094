"""What is committed is what the sources in console/ give."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from browser import ROOT

BUILT = ROOT / "src/standfast/web/console/static"


def node() -> str:
    """The one the development tools bring, or the system's."""
    found = shutil.which("node", path=f"{ROOT / '.venv/bin'}{os.pathsep}{os.environ['PATH']}")
    if found is None or not (ROOT / "node_modules/htmx.org").exists():
        pytest.fail("the build tools are missing: ./run assets installs them")
    return found


def test_the_built_files_equal_a_fresh_build(tmp_path: Path) -> None:
    subprocess.run([node(), ROOT / "console/build.mjs", tmp_path], check=True)

    fresh = {one.name: one.read_bytes() for one in tmp_path.iterdir()}
    committed = {one.name: one.read_bytes() for one in BUILT.iterdir()}
    assert fresh == committed, "./run assets"


def test_what_others_wrote_stands_beside_its_licence() -> None:
    assert (BUILT / "htmx.js").exists()
    assert "Zero-Clause BSD" in (BUILT / "htmx.LICENSE.txt").read_text(encoding="utf-8")
