"""What is committed is what the sources give; what is served is what a browser may keep."""

import gzip
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from browser import ROOT
from standfast.web.tag_files import TagFiles

BUILT = ROOT / "src/standfast/web/static/tag"


def node() -> str:
    """The one the development tools bring, or the system's."""
    found = shutil.which("node", path=f"{ROOT / '.venv/bin'}{os.pathsep}{os.environ['PATH']}")
    if found is None or not (ROOT / "node_modules/esbuild").exists():
        pytest.fail("the build tools are missing: ./run assets installs them")
    return found


def test_the_built_files_equal_a_fresh_build(tmp_path: Path) -> None:
    subprocess.run([node(), ROOT / "tag/build.mjs", tmp_path], check=True)

    fresh = {one.name: one.read_bytes() for one in tmp_path.iterdir()}
    committed = {one.name: one.read_bytes() for one in BUILT.iterdir()}
    assert fresh == committed, "./run assets"


def test_the_loader_is_kept_for_a_minute_and_what_it_names_for_ever(scene) -> None:
    client, manifest = scene.rig.shop.client, TagFiles().manifest

    loader = client.get(f"/tag/{manifest.loader}")
    main = client.get(f"/tag/{manifest.main}")
    extras = client.get(f"/tag/{manifest.extras}")

    assert loader.headers["cache-control"].startswith("public, max-age=60,")
    assert main.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert extras.headers["cache-control"] == main.headers["cache-control"]
    assert manifest.main in loader.text
    assert manifest.extras in main.text
    for answer in (loader, main, extras):
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
        assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
        assert answer.headers["content-encoding"] == "gzip"


@pytest.mark.parametrize("role", ["main", "extras"])
def test_a_file_of_an_older_release_is_answered_with_the_present_one(scene, role: str) -> None:
    client, manifest = scene.rig.shop.client, TagFiles().manifest
    prefix = {"main": "", "extras": "extras-"}[role]

    old = client.get(f"/tag/{prefix}0123456789abcdef.js")

    assert old.headers["cache-control"] == "no-store"
    assert old.content == (BUILT / getattr(manifest, role)).read_bytes()


@pytest.mark.parametrize("path", ["/tag/", "/tag/x.js", "/tag/../edge.py", "/tag/manifest.json"])
def test_nothing_else_lies_there(path: str) -> None:
    assert TagFiles().find(path) is None


def test_a_browser_that_cannot_unpack_gets_it_plain() -> None:
    files = TagFiles()
    file = files.find(f"/tag/{files.manifest.main}")
    assert file is not None

    plain, headers = file.body_for("identity")
    packed, packed_headers = file.body_for("br, gzip")

    assert gzip.decompress(packed) == plain
    assert b"content-encoding" not in dict(headers)
    assert dict(packed_headers)[b"content-encoding"] == b"gzip"
