import inspect
import logging
import socket
from collections.abc import Callable
from datetime import UTC, datetime

import httpx2
import pytest

from standfast.connectors.chargify.connector import HOSTS, SPEC
from standfast.connectors.slots import Lane, SiteSlots
from standfast.connectors.transport import (
    FOREIGN_ERRORS,
    HostNotAllowed,
    HttpTransport,
    Limits,
    ReadOnlyTransport,
    Transports,
    WriteNotAllowed,
    ensure_allowed,
)
from standfast.contract.connector import Address
from standfast.contract.errors import AnswerLost, HostUnknown, NotSent, SitePaused
from standfast.contract.transport import Answer, Call, Method, retry_after_seconds

READ = Call(Method.GET, "/site.json")
WRITE = Call(Method.POST, "/subscriptions.json", json={"a": 1})
SECRET = "s3cret-key"


def a_transport(handler, **more) -> HttpTransport:
    client = httpx2.Client(transport=httpx2.MockTransport(handler))
    address = Address("https://acme.chargify.com", SECRET, "x")
    return HttpTransport(address, SiteSlots(), Lane.VISITOR, HOSTS, client, **more)


def raising(error: Exception) -> Callable[[httpx2.Request], httpx2.Response]:
    def handler(request):
        raise error

    return handler


def every_error_of_the_client() -> list[type[Exception]]:
    kinds = [one for _, one in inspect.getmembers(httpx2, inspect.isclass)]
    return [one for one in kinds if issubclass(one, Exception)]


def an_instance(kind: type[Exception]) -> Exception:
    if issubclass(kind, httpx2.HTTPStatusError):
        request = httpx2.Request("GET", "https://acme.chargify.com")
        return kind("x", request=request, response=httpx2.Response(500))
    try:
        return kind("x")
    except TypeError:
        return kind()


@pytest.mark.parametrize("kind", every_error_of_the_client(), ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("call", [READ, WRITE], ids=["read", "write"])
def test_no_error_of_the_client_is_left_unmapped(kind, call):
    transport = a_transport(raising(an_instance(kind)))

    with pytest.raises((NotSent, AnswerLost)):
        transport.send(call)


def test_the_list_of_foreign_errors_covers_the_client():
    assert all(issubclass(one, FOREIGN_ERRORS) for one in every_error_of_the_client())


@pytest.mark.parametrize(
    "kind",
    [
        httpx2.ConnectError,
        httpx2.ConnectTimeout,
        httpx2.PoolTimeout,
        httpx2.UnsupportedProtocol,
        httpx2.InvalidURL,
        httpx2.ProxyError,
    ],
)
def test_what_fails_before_a_byte_left_was_not_sent(kind):
    with pytest.raises(NotSent):
        a_transport(raising(kind("x"))).send(WRITE)


@pytest.mark.parametrize(
    "kind",
    [
        httpx2.ReadTimeout,
        httpx2.WriteTimeout,
        httpx2.ReadError,
        httpx2.WriteError,
        httpx2.CloseError,
        httpx2.RemoteProtocolError,
        httpx2.LocalProtocolError,
        httpx2.DecodingError,
        OSError,
        ValueError,
    ],
)
def test_what_fails_later_is_a_lost_answer(kind):
    with pytest.raises(AnswerLost):
        a_transport(raising(kind("x"))).send(WRITE)


@pytest.mark.parametrize(
    ("number", "error"), [(socket.EAI_NONAME, HostUnknown), (socket.EAI_AGAIN, NotSent)]
)
def test_a_host_that_does_not_exist_is_told_apart_from_a_network_that_is_down(number, error):
    failure = httpx2.ConnectError("x")
    failure.__cause__ = socket.gaierror(number, "x")

    with pytest.raises(NotSent) as raised:
        a_transport(raising(failure)).send(READ)

    assert type(raised.value) is error


@pytest.mark.parametrize(("call", "tries"), [(READ, 2), (WRITE, 1)], ids=["read", "write"])
def test_only_a_read_is_tried_again_after_a_broken_connection(call, tries):
    seen = []

    def handler(request):
        seen.append(request)
        raise httpx2.RemoteProtocolError("Server disconnected")

    with pytest.raises(AnswerLost):
        a_transport(handler).send(call)

    assert len(seen) == tries


def test_a_read_that_took_too_long_is_not_tried_again():
    seen = []

    def handler(request):
        seen.append(request)
        raise httpx2.ReadTimeout("x")

    with pytest.raises(AnswerLost):
        a_transport(handler).send(READ)

    assert len(seen) == 1


def test_what_must_stand_before_a_write_is_done_once_nothing_is_waited_for_any_more():
    order: list[str] = []
    transport = a_transport(lambda _: order.append("sent") or httpx2.Response(200))

    def journal() -> None:
        order.append(f"journalled, with {transport.slots.running} slot taken")

    transport.write(WRITE, just_before=journal)

    assert order == ["journalled, with 1 slot taken", "sent"]


def test_without_a_slot_nothing_is_journalled_and_without_a_journal_nothing_is_sent():
    order: list[str] = []
    transport = a_transport(lambda _: order.append("sent") or httpx2.Response(200))

    def fail() -> None:
        raise LookupError

    with pytest.raises(LookupError):
        transport.write(WRITE, just_before=fail)
    assert transport.slots.running == 0
    transport.slots.throttled(after_seconds=60)
    with pytest.raises(SitePaused):
        transport.write(WRITE, just_before=lambda: order.append("journalled"))

    assert order == []


def test_a_call_carries_its_body_and_headers_also_with_delete():
    seen: list[httpx2.Request] = []

    def handler(request):
        seen.append(request)
        return httpx2.Response(200, content=b"{}", headers={"X-Request-Id": "r-1"})

    call = Call(Method.DELETE, "/subscriptions/1.json", (("a[]", "1"), ("a[]", "2")), {"b": 1})
    answer = a_transport(handler).send(call)

    [request] = seen
    assert (request.method, request.content) == ("DELETE", b'{"b":1}')
    assert str(request.url).startswith("https://acme.chargify.com/subscriptions/1.json?")
    assert request.url.params.get_list("a[]") == ["1", "2"]
    assert request.headers["content-type"] == "application/json"
    assert request.headers["authorization"] == "Basic czNjcmV0LWtleTp4"
    assert answer.request_id == "r-1"


@pytest.mark.parametrize(("may_charge", "seconds"), [(False, 30.0), (True, 125.0)])
def test_a_charge_is_given_more_time(may_charge, seconds):
    seen = []

    def handler(request):
        seen.append(request.extensions["timeout"])
        return httpx2.Response(200)

    a_transport(handler).send(Call(Method.POST, "/x.json", may_charge=may_charge))

    assert (seen[0]["connect"], seen[0]["read"]) == (5.0, seconds)


def test_a_redirect_is_an_answer_and_is_not_followed():
    def handler(request):
        return httpx2.Response(302, headers={"location": "https://evil.test"})

    assert a_transport(handler).send(READ).status == 302


def test_an_endless_body_is_given_up():
    def handler(request):
        return httpx2.Response(200, content=b"x" * 1001)

    with pytest.raises(AnswerLost):
        a_transport(handler, limits=Limits(body_bytes=1000)).send(READ)


@pytest.mark.parametrize(
    "base_url",
    [
        "http://acme.chargify.com",
        "https://chargify.com",
        "https://evilchargify.com",
        "https://acme.chargify.com.evil.test",
        "https://acme.chargify.com:8443",
        "https://user@acme.chargify.com",
        "https://acme.chargify.com/path",
        "https://127.0.0.1",
        "http://127.0.0.1:4011",
        "ftp://acme.chargify.com",
        "https://localhost",
    ],
)
def test_no_other_host_is_ever_called(base_url):
    with pytest.raises(HostNotAllowed):
        ensure_allowed(base_url, HOSTS, ("127.0.0.1:4010",))


@pytest.mark.parametrize(
    "base_url",
    [
        "https://acme.chargify.com",
        "https://acme.ebilling.maxio.com",
        "http://127.0.0.1:4010",
    ],
)
def test_the_vendors_hosts_and_listed_simulators_are_allowed(base_url):
    ensure_allowed(base_url, HOSTS, ("127.0.0.1:4010",))


@pytest.mark.parametrize("path", ["site.json", "//evil.test/x", "@evil.test", ""])
def test_a_path_cannot_lead_elsewhere(path):
    with pytest.raises(NotSent):
        a_transport(lambda _: httpx2.Response(200)).send(Call(Method.GET, path))


@pytest.mark.parametrize("method", [one for one in Method if one is not Method.GET])
def test_a_reading_transport_refuses_every_write(method):
    seen = []
    reading = ReadOnlyTransport(a_transport(seen.append))

    with pytest.raises(WriteNotAllowed):
        reading.send(Call(method, "/site.json"))

    assert seen == []


def test_the_secret_is_in_no_repr_log_or_error(caplog):
    caplog.set_level(logging.DEBUG)
    transport = a_transport(raising(httpx2.ConnectError("x")))

    with pytest.raises(NotSent) as raised:
        transport.send(WRITE)

    shown = f"{transport!r}{transport.address!r}{raised.value!r}{raised.value.__cause__!r}"
    assert SECRET not in shown + caplog.text
    assert "czNjcmV0" not in shown + caplog.text


def test_too_many_requests_pauses_the_site_and_a_good_answer_does_not():
    transport = a_transport(lambda _: httpx2.Response(429, headers={"Retry-After": "30"}))

    assert transport.send(READ).status == 429

    assert 29 < transport.slots.pause_seconds <= 30


def test_a_limit_of_one_resource_pauses_nothing_else():
    transport = a_transport(lambda _: httpx2.Response(429))

    transport.send(Call(Method.GET, "/link.json", has_own_limit=True))

    assert transport.slots.pause_seconds == 0


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7", 7),
        (" 7 ", 7),
        ("Mon, 02 Mar 2026 12:00:30 GMT", 30),
        ("Mon, 02 Mar 2026 11:00:00 GMT", 0),
        ("999999", 3600),
        ("9" * 400, 3600),
        ("Mon, 02 Mar 2027 12:00:00 GMT", 3600),
        ("Mon, 02 Mar 99999999999999999999 12:00:00 GMT", None),
        ("soon", None),
        ("-1", None),
        ("", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(text, seconds):
    answer = Answer(429, b"", {"retry-after": text})

    assert retry_after_seconds(answer, now=datetime(2026, 3, 2, 12, tzinfo=UTC)) == seconds


def test_all_transports_to_a_site_share_its_slots():
    with Transports() as transports:
        address = Address("https://acme.chargify.com", SECRET, "x")
        other = Address("https://other.chargify.com", SECRET, "x")

        clicks = transports.open(SPEC, address, lane=Lane.VISITOR)
        pages = transports.open(SPEC, address, lane=Lane.SYNC, in_flight=99)

        assert clicks.slots is pages.slots
        assert pages.slots.in_flight == SPEC.in_flight
        assert transports.open(SPEC, other, lane=Lane.SYNC).slots is not pages.slots
