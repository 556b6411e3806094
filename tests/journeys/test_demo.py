"""One command shows three changes of a bill, from decision to bill, on a machine of one's own."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
ACTIONS = ["create_subscription", "cancel_subscription", "add_coupon"]


def test_the_demo_prints_three_changes_that_hold() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "demo", "--headless", "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    told = [json.loads(line) for line in ended.stdout.splitlines()]

    assert ended.returncode == 0, ended.stderr
    assert [one["action"] for one in told] == ACTIONS
    assert [one["holds"] for one in told] == [True, True, True]
    assert all(one["vendor_calls"] and one["run"]["attempts"] for one in told)
    assert all(one["before"] != one["after"] for one in told)
