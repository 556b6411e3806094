"""A worker in a process of its own, as `standfast worker` is one, with the idle connector.

usage: worker_process.py DATABASE_URL FOLDER     works until its standard input is closed
"""

import sys
from pathlib import Path

import quiet
from idle import IdleConnector, IdleSites

from standfast.bootstrap import build, settle_down
from standfast.config import Settings
from standfast.connectors.registry import Registry


def main() -> None:
    quiet.be_quiet()
    settings = Settings(data=Path(sys.argv[2]), database_url=sys.argv[1])
    house = build(settings, registry=Registry([IdleConnector()]), sites=IdleSites())
    settle_down()
    worker = house.worker()
    worker.start()
    print("working", flush=True)
    sys.stdin.read()
    worker.stop()
    house.close()


if __name__ == "__main__":
    main()
