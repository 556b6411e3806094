"""`chargify-simulator serve`: prints one JSON line when it is ready."""

import argparse
import asyncio
import gc
import json
import signal
import sys
from collections.abc import Sequence

from .seeds import SEEDS
from .server import Server, listen, new_loop, url_of
from .settings import Settings
from .twin import Twin


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="chargify-simulator", description="A digital twin of Chargify for tests and demos."
    )
    commands = top.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="serve one site until interrupted")
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, default=0, help="0 picks a free one (default)")
    serve.add_argument("--subdomain", default="acme")
    serve.add_argument(
        "--api-key", action="append", help="may be given several times (default: chargify-key)"
    )
    serve.add_argument(
        "--site", action="append", metavar="SUBDOMAIN=KEY", help="a further site; may be repeated"
    )
    serve.add_argument("--control-key", help="/_control/ then wants it in X-Control-Key")
    serve.add_argument("--seed", choices=sorted(SEEDS), default="lived-in")
    serve.add_argument("--seed-number", type=int, default=7)
    return top


def _further_site(text: str) -> Settings:
    subdomain, _, key = text.partition("=")
    return Settings(subdomain=subdomain, api_key=key or Settings().api_key)


def main(arguments: Sequence[str] | None = None) -> int:
    chosen = parser().parse_args(arguments)
    key, *more_keys = chosen.api_key or [Settings().api_key]
    settings = Settings(subdomain=chosen.subdomain, api_key=key, more_keys=tuple(more_keys))
    twin = Twin(
        settings,
        seed=chosen.seed,
        number=chosen.seed_number,
        control_key=chosen.control_key,
        more_sites=tuple(_further_site(each) for each in chosen.site or ()),
    )
    try:
        listener = listen(chosen.host, chosen.port)
    except OSError as error:
        print(f"cannot listen on {chosen.host}:{chosen.port}: {error}", file=sys.stderr)
        return 1
    ready = {
        "url": url_of(listener),
        "subdomain": settings.subdomain,
        "api_key": settings.api_key,
    }

    async def serve() -> None:
        stopping = asyncio.Event()
        loop = asyncio.get_running_loop()
        for each in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(each, stopping.set)
        gc.freeze()  # what was sown stays; the collector need not look at it again
        print(json.dumps(ready), flush=True)
        await Server(twin).serve(listener, stopping)

    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(serve())
    return 0


if __name__ == "__main__":
    sys.exit(main())
