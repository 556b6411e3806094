"""`python -m demo.shop`: serves the shop until it is ended."""

import argparse
from pathlib import Path

import uvicorn

from demo.ports import LOOPBACK
from demo.settings import ShopSettings, read_private
from demo.shop.app import Shop


class _Server(uvicorn.Server):
    async def startup(self, sockets: object = None) -> None:
        await super().startup()
        if self.started:
            print(f"The shop listens at http://{LOOPBACK}:{self.config.port}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m demo.shop")
    parser.add_argument("--settings", type=Path, required=True, help="written by ./run demo")
    parser.add_argument("--port", type=int, required=True)
    chosen = parser.parse_args()
    shop = Shop(read_private(chosen.settings, ShopSettings))
    config = uvicorn.Config(
        shop,
        host=LOOPBACK,
        port=chosen.port,
        access_log=False,
        log_level="warning",
        server_header=False,
        ws="none",
        timeout_graceful_shutdown=3,
    )
    _Server(config).run()


if __name__ == "__main__":
    main()
