"""What the modal costs a customer's page: every file it needs, as built and committed."""

import gzip
import sys
from pathlib import Path

from report import Bar, Report
from standfast.web.tag_files import TagFiles

FOLDER = Path(__file__).parent.parent / "src/standfast/web/static/tag"
MOST_BYTES = 6_144


def main() -> int:
    manifest = TagFiles().manifest
    needed = {"loader": manifest.loader, "main": manifest.main}
    report = Report("tag")
    total = 0
    for role, name in {**needed, "preview (console only)": manifest.preview}.items():
        plain = (FOLDER / name).read_bytes()
        packed = len(gzip.compress(plain, 9, mtime=0))
        report.row(file=role, name=name, raw_bytes=len(plain), gzip_bytes=packed)
        if role in needed:
            total += packed
    report.bar(Bar("tag_gzip_bytes", total, MOST_BYTES, "bytes"))
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
