"""`./run demo` in a browser: starts everything, says what to click, ends everything."""

import secrets
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import httpx2

from demo.billing_memory import BillingMemory, SiteDiffers
from demo.children import Child, ChildFailed, program, running
from demo.folder import Folder, NotOurs
from demo.introduce import introduce, read_plan, recognise
from demo.ports import Addresses, choose_ports
from demo.prompts import BASIC, PRO_YEARLY
from demo.settings import Remembered, ShopSettings, VendorKeys, read_private, write_private
from demo.shop_house import furnish_shop, move_house, open_house
from demo.telling import tell, tell_addresses, tell_end, tell_problem
from standfast.cli.lock import DataFolderTaken, DataLock

LOOK_EVERY_SECONDS = 0.5
SUBDOMAIN = "northwind-demo"
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run_interactive(path: Path, *, is_fresh: bool, free_ports: bool) -> int:
    for number in SIGNALS:
        signal.signal(number, _interrupt)
    try:
        _play(Folder(path.absolute()), is_fresh=is_fresh, free_ports=free_ports)
    except KeyboardInterrupt:
        tell_end(path)
        return 0
    except ChildFailed as failure:
        return tell_problem(failure, failure.tail)
    except DataFolderTaken as taken:
        return tell_problem(f"A demo runs in {path} already{taken.holder}; end that one first.")
    except NotOurs as error:
        return tell_problem(error)
    except (SiteDiffers, httpx2.HTTPError) as error:
        return tell_problem(error, ["./run demo --fresh starts over."])
    return 0


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    """Once: while the processes are ended, a second Ctrl-C is not heard. Each has its time."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def _play(folder: Folder, *, is_fresh: bool, free_ports: bool) -> None:
    _refuse_second_demo(folder)
    folder.make(is_fresh=is_fresh)
    ports, taken = choose_ports(all_free=free_ports)
    addresses = Addresses(ports)
    with ExitStack() as things:
        billing = _start_billing(folder, addresses, things)
        _set_up(folder, addresses, billing)
        things.callback(billing.memory.save_if_it_answers)
        standfast = _start_standfast(folder, addresses, things)
        shop = _start_shop(folder, addresses, things)
        standfast.await_line("Standfast listens")
        shop.await_line("The shop listens")
        tell_addresses(addresses, link=_welcome_link(standfast), notes=taken)
        _watch((billing.child, standfast, shop), billing.memory)


def _refuse_second_demo(folder: Folder) -> None:
    """Raises `DataFolderTaken`."""
    if folder.standfast.exists():
        lock = DataLock(folder.standfast)
        lock.take()
        lock.release()


@dataclass(frozen=True)
class Billing:
    """The simulated site, asked with the demo's own key. `remembered` None: a first start."""

    child: Child
    site: httpx2.Client
    memory: BillingMemory
    keys: VendorKeys
    remembered: Remembered | None


def _start_billing(folder: Folder, addresses: Addresses, things: ExitStack) -> Billing:
    known = folder.remembered.exists()
    remembered = read_private(folder.remembered, Remembered) if known else None
    keys = remembered.vendor if remembered else VendorKeys.new()
    command = [program("chargify-simulator"), "serve", "--port", str(addresses.ports.simulator)]
    command += ["--subdomain", SUBDOMAIN, "--seed", "lived-in"]
    for key in (keys.standfast, keys.shop, keys.demo):
        command += ["--api-key", key]
    child = things.enter_context(running("simulator", command, folder.log("simulator")))
    child.await_line("{")
    site = things.enter_context(
        httpx2.Client(base_url=addresses.vendor, auth=(keys.demo, "x"), timeout=30, trust_env=False)
    )
    memory = BillingMemory(folder.billing, site)
    return Billing(child, site, memory, keys, remembered)


def _set_up(folder: Folder, addresses: Addresses, billing: Billing) -> None:
    """All at the first start; later what has happened at the site, and where everybody is now."""
    remembered = billing.remembered
    if remembered is None:
        tell("Growing a billing site and setting Standfast up; the next start is quicker.")
        remembered = _set_up_first(folder, addresses, billing)
    else:
        billing.memory.restore()
        recognise(billing.site, remembered.customers)
        with open_house(folder.standfast, addresses) as house:
            move_house(house, remembered.app, addresses, vendor_key=billing.keys.standfast)
    _tell_shop(folder, addresses, remembered)


def _set_up_first(folder: Folder, addresses: Addresses, billing: Billing) -> Remembered:
    now = billing.memory.begin()
    customers = introduce(billing.site, billing.memory, now)
    with open_house(folder.standfast, addresses) as house:
        app = furnish_shop(
            house,
            addresses,
            vendor_key=billing.keys.standfast,
            pro=read_plan(billing.site, PRO_YEARLY),
            basic=read_plan(billing.site, BASIC),
        )
    remembered = Remembered(billing.keys, app, customers)
    write_private(folder.remembered, remembered)
    return remembered


def _tell_shop(folder: Folder, addresses: Addresses, remembered: Remembered) -> None:
    settings = ShopSettings(
        url=addresses.shop,
        standfast_url=addresses.standfast,
        vendor_url=addresses.vendor,
        vendor_key=remembered.vendor.shop,
        app=remembered.app,
        cookie_secret=secrets.token_hex(32),
        customers=remembered.customers,
    )
    write_private(folder.shop, settings)


def _start_standfast(folder: Folder, addresses: Addresses, things: ExitStack) -> Child:
    command = [program("standfast"), "serve", "--port", str(addresses.ports.standfast)]
    command += ["--data", str(folder.standfast)]
    environment = {
        "STANDFAST_URL": addresses.standfast,
        "STANDFAST_SIMULATOR_HOSTS": addresses.vendor_host,
    }
    log = folder.log("standfast")
    return things.enter_context(running("standfast", command, log, environment))


def _start_shop(folder: Folder, addresses: Addresses, things: ExitStack) -> Child:
    command = [sys.executable, "-m", "demo.shop", "--settings", str(folder.shop)]
    command += ["--port", str(addresses.ports.shop)]
    return things.enter_context(running("shop", command, folder.log("shop")))


def _welcome_link(standfast: Child) -> str | None:
    """Said right after it listens, as long as nobody has an account in the console."""
    line = standfast.find_line("Set up the console", within_seconds=0.5)
    return line.split()[-1] if line else None


def _watch(children: Sequence[Child], memory: BillingMemory) -> None:
    """Until Ctrl-C. Raises `ChildFailed` when a process ends by itself."""
    while True:
        time.sleep(LOOK_EVERY_SECONDS)
        for child in children:
            child.check()
        memory.save_if_it_answers()
