"""The same work done by DBOS: a durable workflow with one step that does nothing.

Runs in DBOS's own environment and prints one JSON object. Both of its ways are measured, started
directly by many threads and enqueued; the faster one is what the ledger is compared to.

usage: dbos_peer.py DATABASE_URL COUNT
"""

import json
import resource
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from dbos import DBOS

STARTERS = 8


@DBOS.step()
def nothing(number: int) -> int:
    return number


@DBOS.workflow()
def one_action(number: int) -> int:
    return nothing(number)


def main() -> None:
    url, count = sys.argv[1], int(sys.argv[2])
    DBOS(config={"name": "bench", "system_database_url": url, "console_log_level": "ERROR"})
    DBOS.launch()
    DBOS.register_queue("actions")
    one_action(-1)
    told = {"direct": directly(count), "queued": queued(count)}
    usage = resource.getrusage(resource.RUSAGE_SELF)
    cpu = (usage.ru_utime + usage.ru_stime) / (2 * count + 1) * 1000
    print(json.dumps({**told, "cpu_ms": cpu}))
    DBOS.destroy()


def directly(count: int) -> float:
    """Workflows per second, each run to its end by the thread that starts it."""
    began = time.perf_counter()
    with ThreadPoolExecutor(STARTERS) as pool:
        list(pool.map(one_action, range(count)))
    return count / (time.perf_counter() - began)


def queued(count: int) -> float:
    """Workflows per second, enqueued by many threads and worked off by its own."""
    began = time.perf_counter()
    with ThreadPoolExecutor(STARTERS) as pool:
        handles = list(
            pool.map(lambda n: DBOS.enqueue_workflow("actions", one_action, n), range(count))
        )
    for handle in handles:
        handle.get_result()
    return count / (time.perf_counter() - began)


if __name__ == "__main__":
    main()
