"""Who has hung up is not in flight, also before the loop hears of it."""

import asyncio
import socket
import struct

import pytest

from chargify_simulator.presence import is_open
from chargify_simulator.server import new_loop
from chargify_simulator.slots import Slots

# SO_LINGER with 0 s: closing resets the connection, as the end of a killed process may.
RESET = struct.pack("ii", 1, 0)


@pytest.mark.parametrize("loop_factory", [new_loop, asyncio.new_event_loop])
@pytest.mark.parametrize("is_reset", [False, True], ids=["closed", "reset"])
def test_a_client_that_hangs_up_is_gone_before_the_loop_hears_of_it(loop_factory, is_reset):
    async def talk() -> tuple[bool, bool]:
        connected: asyncio.Future[asyncio.Transport] = asyncio.get_running_loop().create_future()

        class Protocol(asyncio.Protocol):
            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                connected.set_result(transport)  # type: ignore[arg-type]

        server = await asyncio.get_running_loop().create_server(Protocol, "127.0.0.1", 0)
        client = socket.create_connection(server.sockets[0].getsockname())
        transport = await connected
        before = is_open(transport)
        if is_reset:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        client.close()
        after = is_open(transport)
        transport.abort()
        server.close()
        return before, after

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        assert runner.run(talk()) == (True, False)


def test_a_request_whose_client_has_gone_makes_no_new_maximum():
    async def come_and_go() -> int:
        slots = Slots()
        slots.enter(limit=4, queue=20)
        slots.enter(limit=4, queue=20, is_there=lambda: False)
        return slots.max_in_flight

    assert asyncio.run(come_and_go()) == 1
