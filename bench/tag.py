"""What the modal costs a customer's page: every file it needs, as built and committed.

A prompt with questions or a price loads the extras, once, when it is about to be shown.
"""

import gzip
import sys
from pathlib import Path

from report import Bar, Report
from standfast.web.tag_files import TagFiles

FOLDER = Path(__file__).parent.parent / "src/standfast/web/static/tag"
MOST_BYTES = 6_144
MOST_WITH_EXTRAS = 8_192


def main() -> int:
    manifest = TagFiles().manifest
    report = Report("tag")
    files = {
        "loader": manifest.loader,
        "main": manifest.main,
        "extras (questions, price)": manifest.extras,
        "preview (console only)": manifest.preview,
    }
    packed: list[int] = []
    for role, name in files.items():
        plain = (FOLDER / name).read_bytes()
        packed.append(len(gzip.compress(plain, 9, mtime=0)))
        report.row(file=role, name=name, raw_bytes=len(plain), gzip_bytes=packed[-1])
    report.bar(Bar("tag_gzip_bytes", sum(packed[:2]), MOST_BYTES, "bytes"))
    report.bar(Bar("tag_with_extras_gzip_bytes", sum(packed[:3]), MOST_WITH_EXTRAS, "bytes"))
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
