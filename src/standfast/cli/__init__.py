"""The command line. Exit status: 0 done, 1 failed, 2 not understood."""

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Imports only what the asked command needs."""
    from standfast.cli.options import parse
    from standfast.cli.run import run

    return run(parse(sys.argv[1:] if arguments is None else arguments))
