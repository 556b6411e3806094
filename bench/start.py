"""How long `standfast serve` on an empty folder needs to answer its first decision.

The second start of the installation is what counts: Python's byte code is cached by then.
"""

import http.client
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from report import Bar, Report

ROUNDS = 5
BAR_SECONDS = 2.0


def main() -> int:
    report = Report("start", ("uvicorn", "uvloop", "sqlalchemy", "litestar"))
    measure(report, "warm-up")
    values = [measure(report, f"start {number}") for number in range(1, ROUNDS + 1)]
    report.bar(Bar("first_decision_s", sorted(values)[ROUNDS // 2], BAR_SECONDS, "s"))
    return report.finish()


def measure(report: Report, name: str) -> float:
    """Seconds from the start of the process to the first decision, in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        server = _started(Path(folder))
        try:
            address = _address(server)
            listening = time.perf_counter() - began
            _decide(address, _app(Path(folder)))
            decided = time.perf_counter() - began
            report.row(round=name, listening_s=listening, first_decision_s=decided)
            return decided
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(30)


def _started(folder: Path) -> subprocess.Popen[str]:
    environment = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
    program = str(Path(sys.executable).with_name("standfast"))
    with (folder / "log").open("w") as log:
        return subprocess.Popen(
            [program, "serve", "--port", "0", "--data", str(folder / "data")],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )


def _address(server: subprocess.Popen[str]) -> str:
    assert server.stdout is not None
    line = server.stdout.readline()
    if "http://" not in line:
        raise SystemExit("standfast serve did not start")
    return line.split("http://")[1].strip()


def _app(folder: Path) -> str:
    """The first start makes one app and says so in its log."""
    lines = (folder / "log").read_text(encoding="utf-8").splitlines()
    events = [json.loads(line) for line in lines]
    return next(event["app"] for event in events if event["event"] == "app.created")


def _decide(address: str, app: str) -> None:
    client = http.client.HTTPConnection(address, timeout=10)
    body = json.dumps({"app": app, "anonymous_id": "bench"})
    client.request("POST", "/v1/decide", body, {"content-type": "text/plain"})
    answer = client.getresponse()
    if answer.status != 200 or "prompts" not in json.loads(answer.read()):
        raise SystemExit(f"the first decision was answered with {answer.status}")
    client.close()


if __name__ == "__main__":
    sys.exit(main())
