"""`./run demo`: the whole product on this machine, in a browser or (`--headless`) in a terminal."""

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from standfast.logs import configure as configure_logs

DATA = Path("data/demo")
STATUS = """exit status: 0 ended by Ctrl-C (headless: all three changes hold), 1 something failed
(it stands on standard error), 2 not understood"""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = _parser()
    chosen = parser.parse_args(arguments)
    if chosen.json and not chosen.headless:
        parser.error("--json goes with --headless")
    configure_logs(level=logging.WARNING)
    if chosen.headless:
        from demo.headless import run_headless

        return run_headless(as_json=chosen.json)
    from demo.interactive import run_interactive

    return run_interactive(chosen.data, is_fresh=chosen.fresh, free_ports=chosen.free_ports)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="./run demo",
        description="Starts a simulated Chargify site, Standfast and a small shop on loopback and\n"
        "says what to click. Ctrl-C ends all of it; the next start goes on where this one ended.",
        epilog=STATUS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--fresh", action="store_true", help="forget the last demo and start over")
    parser.add_argument("--data", type=Path, default=DATA, help="its folder (default: data/demo)")
    parser.add_argument(
        "--free-ports",
        action="store_true",
        help="take any free ports instead of 8000 (Standfast), 8010 (simulator), 8020 (shop)",
    )
    parser.add_argument(
        "--no-open", action="store_true", help="as always: no browser is opened by itself"
    )
    parser.add_argument(
        "--headless",
        action="store_true",
        help="no browser: create, cancel and discount by a customer's click, told as text",
    )
    parser.add_argument("--json", action="store_true", help="headless: one JSON object per action")
    return parser


if __name__ == "__main__":
    sys.exit(main())
