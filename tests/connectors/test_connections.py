"""What real connections do: they are refused, cut, garbled, silent and reused."""

import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager

import httpx2
import pytest

from standfast.connectors.chargify.connector import HOSTS
from standfast.connectors.slots import Lane, SiteSlots
from standfast.connectors.transport import HttpTransport, Timeouts, open_client
from standfast.contract.connector import Address
from standfast.contract.errors import AnswerLost, NotSent
from standfast.contract.transport import Call, Method

READ = Call(Method.GET, "/site.json")
WRITE = Call(Method.POST, "/subscriptions.json", json={"a": 1})
SECRET = "s3cret-key"
FINE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@contextmanager
def a_server(*answers: bytes, keeps: bool = False) -> Generator[tuple[str, list[bytes]]]:
    """Gives each connection one raw answer; with `keeps`, all of them to the first."""
    heard: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        for batch in [answers] if keeps else [(one,) for one in answers]:
            connection = listener.accept()[0]
            with connection:
                for one in batch:
                    heard.append(connection.recv(65536))
                    connection.sendall(one)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"127.0.0.1:{listener.getsockname()[1]}", heard
    finally:
        thread.join(timeout=5)
        listener.close()


def over_http(host: str, client: httpx2.Client, **timeouts: float) -> HttpTransport:
    return HttpTransport(
        Address(f"http://{host}", SECRET, "x"),
        SiteSlots(),
        Lane.VISITOR,
        HOSTS,
        client,
        (host,),
        Timeouts(**timeouts),
    )


@pytest.fixture
def client() -> Generator[httpx2.Client]:
    with open_client(Timeouts()) as opened:
        yield opened


def test_nobody_at_the_port_means_not_sent(client):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        host = f"127.0.0.1:{listener.getsockname()[1]}"

    with pytest.raises(NotSent):
        over_http(host, client).send(WRITE)


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"HTTP/1.1 200",
        b"no protocol at all\r\n\r\n",
        b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"sub',
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
    ],
)
def test_an_answer_that_is_cut_or_garbled_is_lost(client, said):
    with a_server(said) as (host, heard), pytest.raises(AnswerLost):
        over_http(host, client).send(WRITE)

    assert heard[0].startswith(b"POST /subscriptions.json")


def test_an_answer_that_does_not_come_in_time_is_lost(client):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        host = f"127.0.0.1:{silent.getsockname()[1]}"

        with pytest.raises(AnswerLost):
            over_http(host, client, read_seconds=0.05).send(WRITE)


def test_a_read_on_a_connection_the_server_closed_is_repeated(client):
    with a_server(b"", FINE) as (host, heard):
        answer = over_http(host, client).send(READ)

    assert answer.body == b"ok"
    assert len(heard) == 2


def test_no_cookie_is_kept(client):
    fine = b"HTTP/1.1 200 OK\r\nSet-Cookie: session=1\r\nContent-Length: 2\r\n\r\nok"
    with a_server(fine, fine, keeps=True) as (host, heard):
        transport = over_http(host, client)
        transport.send(READ)
        answer = transport.send(READ)

    assert b"cookie" not in heard[1].lower()
    assert "set-cookie" not in answer.headers


def test_a_write_does_not_go_out_on_a_connection_the_server_has_closed(client):
    with a_server(FINE, FINE) as (host, heard):
        transport = over_http(host, client)
        transport.send(READ)
        wait_for_the_server_to_hang_up(client)
        answer = transport.send(WRITE)

    assert answer.body == b"ok"
    assert [one.split()[0] for one in heard] == [b"GET", b"POST"]


def wait_for_the_server_to_hang_up(client):
    pool = client._transport._pool
    pause = threading.Event()
    for _ in range(2000):
        if all(one.has_expired() for one in pool.connections):
            return
        pause.wait(0.001)
    raise AssertionError("the server did not hang up")
