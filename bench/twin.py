"""The simulator's scale: pages of a million-row site, and single reads beside a bare echo.

Both are counted per second of CPU that the server's own process spent, so that the client and the
neighbours on the machine do not matter.
"""

import base64
import json
import os
import random
import subprocess
import sys
import time
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

from report import Bar, Report

KEY = "chargify-key"
AUTHORIZATION = "Basic " + base64.b64encode(f"{KEY}:x".encode()).decode()
PAGES, READS, ROUNDS = 150, 5000, 3
PER_PAGE = 200
FIRST_ID, ROWS = 62_118_001, 1_000_000

ECHO = """
import asyncio, json, socket, sys
import uvloop
from uvicorn.config import Config
from uvicorn.server import Server

BODY = b"x" * int(sys.argv[1])
HEADERS = [(b"content-type", b"application/json"), (b"content-length", str(len(BODY)).encode())]

async def app(scope, receive, send):
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": BODY})

listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen(64)
print(json.dumps({"url": "http://127.0.0.1:%d" % listener.getsockname()[1]}), flush=True)
config = Config(app, lifespan="off", ws="none", log_config=None, access_log=False, http="httptools")
with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
    runner.run(Server(config).serve([listener]))
"""


class Process:
    """A server of its own, and what it has spent."""

    def __init__(self, *command: str) -> None:
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.url: str = json.loads(self.process.stdout.readline())["url"]
        self.connection = HTTPConnection(urlsplit(self.url).netloc, timeout=60)

    def get(self, path: str) -> bytes:
        self.connection.request("GET", path, headers={"authorization": AUTHORIZATION})
        response = self.connection.getresponse()
        body = response.read()
        assert response.status == 200, (response.status, body[:200])
        return body

    def cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self) -> None:
        self.connection.close()
        self.process.terminate()
        self.process.wait(timeout=10)


def walk_pages(twin: Process, luck: random.Random) -> tuple[float, float, float]:
    """Rows per CPU-second, rows per second, milliseconds per page."""
    numbers = [luck.randrange(1, ROWS // PER_PAGE) for _ in range(PAGES)]
    cpu, wall, rows = twin.cpu_seconds(), time.perf_counter(), 0
    for number in numbers:
        body = twin.get(f"/subscriptions.json?page={number}&per_page={PER_PAGE}")
        rows += body.count(b'{"subscription":{')
    cpu, wall = twin.cpu_seconds() - cpu, time.perf_counter() - wall
    assert rows == PAGES * PER_PAGE
    return rows / cpu, rows / wall, wall / PAGES * 1000


def read_many(server: Process, paths: list[str]) -> float:
    """Requests per CPU-second."""
    cpu = server.cpu_seconds()
    for path in paths:
        server.get(path)
    return len(paths) / (server.cpu_seconds() - cpu)


def main() -> int:
    report = Report("twin", packages=("uvicorn", "uvloop", "httptools", "msgspec"))
    luck = random.Random(4)
    command = (sys.executable, "-m", "chargify_simulator.cli", "serve", "--seed", "million")
    twin = Process(*command)
    size = len(twin.get(f"/subscriptions/{FIRST_ID}.json"))
    echo = Process(sys.executable, "-c", ECHO, str(size))
    try:
        walk_pages(twin, luck)  # warm
        lists = [walk_pages(twin, luck) for _ in range(ROUNDS)]
        ratios: list[float] = []
        for at, (per_cpu, per_second, milliseconds) in enumerate(lists, start=1):
            paths = [f"/subscriptions/{FIRST_ID + luck.randrange(ROWS)}.json" for _ in range(READS)]
            echoes, reads = read_many(echo, paths), read_many(twin, paths)
            ratios.append(reads / echoes)
            report.row(
                round=at,
                list_rows_per_cpu_s=round(per_cpu),
                list_rows_per_s=round(per_second),
                ms_per_page=milliseconds,
                reads_per_cpu_s=round(reads),
                echoes_per_cpu_s=round(echoes),
                read_vs_echo=reads / echoes,
            )
    finally:
        twin.stop()
        echo.stop()
    rows = sorted(each[0] for each in lists)[ROUNDS // 2]
    report.bar(Bar("list_rows_per_cpu_s", round(rows), 60_000, "rows/CPU-s", at="least"))
    ratio = sorted(ratios)[ROUNDS // 2]
    report.bar(Bar("read_vs_echo", round(ratio, 3), 0.25, "ratio", at="least"))
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
