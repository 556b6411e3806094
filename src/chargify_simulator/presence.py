"""Whether the client at the other end of a connection has hung up."""

import asyncio
import os
import socket
from contextlib import closing


def is_open(transport: asyncio.Transport) -> bool:
    """Asks the operating system, which knows of a closed connection before our loop hears of it."""
    connection = transport.get_extra_info("socket")
    if transport.is_closing() or connection is None or connection.fileno() < 0:
        return False
    with closing(socket.socket(fileno=os.dup(connection.fileno()))) as ours:
        try:
            return ours.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) != b""
        except BlockingIOError:
            return True
        except OSError:
            return False
