"""Where the three processes listen: always the same ports, unless somebody else has them."""

import socket
from dataclasses import dataclass

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Ports:
    standfast: int = 8000
    simulator: int = 8010
    shop: int = 8020


@dataclass(frozen=True)
class Addresses:
    """`vendor_host` is host:port, as Standfast's settings want it."""

    ports: Ports

    @property
    def standfast(self) -> str:
        return f"http://{LOOPBACK}:{self.ports.standfast}"

    @property
    def vendor(self) -> str:
        return f"http://{self.vendor_host}"

    @property
    def vendor_host(self) -> str:
        return f"{LOOPBACK}:{self.ports.simulator}"

    @property
    def shop(self) -> str:
        return f"http://{LOOPBACK}:{self.ports.shop}"


def choose_ports(*, all_free: bool) -> tuple[Ports, list[str]]:
    """The ports to use, and a sentence for each that was taken."""
    taken: list[str] = []
    chosen: dict[str, int] = {}
    for name, usual in vars(Ports()).items():
        is_usual = not all_free and _is_free(usual)
        chosen[name] = usual if is_usual else _free_port()
        if not is_usual and not all_free:
            taken.append(f"Port {usual} is taken, so the {name} listens on {chosen[name]}.")
    return Ports(**chosen), taken


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])
