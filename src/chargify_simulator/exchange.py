"""One vendor request from its arrival to its answer, its refusal or its cut."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from email.utils import format_datetime
from typing import Any
from zlib import crc32

from chargify_simulator.eastern import stamp_utc
from chargify_simulator.faults import Fault, FaultOrder, Kind
from chargify_simulator.http import JSON, Answer, Request, not_implemented, text_answer
from chargify_simulator.journal import Entry, masked
from chargify_simulator.presence import is_open
from chargify_simulator.refusals import Refusal, errors
from chargify_simulator.rules.passing_time import let_time_pass
from chargify_simulator.twin import Room, Twin, key_of

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

SLOW_PIECES = 10


class ConnectionCut(Exception):
    """The simulator breaks this connection."""


class Exchange:
    """One vendor request. Its effect happens between two awaits, so it is atomic."""

    def __init__(
        self,
        twin: Twin,
        room: Room,
        request: Request,
        transport: asyncio.Transport,
        receive: Receive,
        send: Send,
    ) -> None:
        self.twin = twin
        self.room = room
        self.site = room.site
        self.request = request
        self.transport = transport
        self.receive = receive
        self.send = send
        self.fault: Fault | None = None
        self.turn: asyncio.Future[None] | None = None
        self.deadline = asyncio.get_running_loop().time() + room.settings.cut_seconds
        self.match = twin.router.find(request.method, request.path)
        self.is_json = request.parse_body()
        self.entry = twin.journal.open(self._entry())

    def _entry(self) -> Entry:
        request = self.request
        return Entry(
            n=0,
            at=stamp_utc(self.twin.clock.now()),
            method=request.method,
            path=request.path,
            query=request.raw_query,
            api_key_ok=self._has_key(),
            site=self.room.settings.subdomain,
            user_agent=request.headers.get("user-agent", ""),
            body=masked(request.content),
            request_id=str(uuid.uuid4()),
        )

    async def run(self) -> None:
        try:
            await self._run()
        except (ConnectionCut, TimeoutError):
            self.entry.cut = True
            self.transport.abort()
            await self._disconnected()
        except asyncio.CancelledError:
            self.entry.cut = True  # the server stops, and has broken the connection
        finally:
            self._leave()
            self.entry.finished = True

    async def _run(self) -> None:
        twin = self.twin
        if twin.is_down:
            raise ConnectionCut
        limits = self.room.settings
        self.turn = self.room.slots.enter(
            limit=limits.in_flight, queue=limits.queue, is_there=self._is_awaited
        )
        self.entry.in_flight = self.room.slots.awaited()
        if self.turn is None:
            await self._answer(self._usage_violation())
            return
        if not self.turn.done():
            async with asyncio.timeout_at(self.deadline):
                await asyncio.shield(self.turn)
        if twin.is_down:
            raise ConnectionCut
        self.fault = twin.faults.find(self.request.method, self.request.path)
        result = await self._through_faults()
        order = self.fault.order if self.fault else None
        seconds = 0.0
        if order is not None:
            result = _spoilt(result, order)
            seconds = order.seconds if order.kind is Kind.SLOW_BODY else 0.0
        await self._answer(result, over_seconds=seconds)

    async def _through_faults(self) -> Answer:
        fault = self.fault
        if fault is None:
            return self._effect()
        self.entry.fault = fault.id
        order = fault.order
        if order.kind is Kind.CUT_BEFORE:
            raise ConnectionCut
        if order.kind is Kind.STATUS and not order.after:
            return _fault_answer(fault)
        if order.kind is Kind.DENIED:
            return text_answer(self.site.say("auth.denied"), 401)
        before, after = self._pauses(fault)
        refused = self._admit() if before else None
        if before and refused is None:
            await self._pause(before())
        result = refused or self._effect(is_admitted=bool(before))
        if after:
            await self._pause(after())
        if order.kind is Kind.CUT_AFTER:
            raise ConnectionCut
        return _fault_answer(fault) if order.kind is Kind.STATUS else result

    @staticmethod
    def _pauses(
        fault: Fault,
    ) -> tuple[Callable[[], Awaitable[None]] | None, Callable[[], Awaitable[None]] | None]:
        """What to wait for before the effect, and after it."""
        order = fault.order

        def delay() -> Awaitable[None]:
            return asyncio.sleep(order.seconds)

        match order.kind:
            case Kind.HOLD_BEFORE:
                return fault.hold, None
            case Kind.HOLD_AFTER:
                return None, fault.hold
            case Kind.DELAY if order.after:
                return None, delay
            case Kind.DELAY:
                return delay, None
            case _:
                return None, None

    async def _pause(self, waiting: Awaitable[None]) -> None:
        """Wait; a closed connection gives the slot back, and the effect still comes."""
        waited = asyncio.ensure_future(waiting)
        gone = asyncio.ensure_future(self._disconnected())
        try:
            async with asyncio.timeout_at(self.deadline):
                await asyncio.wait({waited, gone}, return_when=asyncio.FIRST_COMPLETED)
                if gone.done():
                    self._leave()
                await waited
        finally:
            waited.cancel()
            gone.cancel()

    def _is_awaited(self) -> bool:
        return is_open(self.transport)

    async def _disconnected(self) -> None:
        while (await self.receive())["type"] != "http.disconnect":
            pass

    def _leave(self) -> None:
        if self.turn is not None:
            self.room.slots.leave(self.turn, limit=self.room.settings.in_flight)
            self.turn = None

    def _effect(self, *, is_admitted: bool = False) -> Answer:
        """The whole of the vendor's work, at one instant."""
        site = self.site
        if not is_admitted:
            refused = self._admit()
            if refused is not None:
                return refused
        for each in self.twin.sites():
            let_time_pass(each)
        revision = site.revision
        if self.match is None:
            return not_implemented(self.request)
        self.request.names = self.match.names
        try:
            result = self.match.route.operation(site, self.request)
        except Refusal as refusal:
            return refusal.answer
        finally:
            if site.webhooks:
                self.twin.courier.wake()
        self.entry.effect = site.revision != revision
        return result

    def _admit(self) -> Answer | None:
        """Key, body and token; None when the request may go on. A token is burnt here."""
        site, request = self.site, self.request
        is_open = self.match is not None and self.match.route.is_open
        if not self.entry.api_key_ok and not is_open:
            return text_answer(site.say("auth.denied"), 401)
        if not self.is_json:
            return errors(site.say("body.malformed"), status=400).answer
        token = request.fields.text("uniqueness_token")
        if token is None or request.method not in {"POST", "PUT"}:
            return None
        window = site.settings.uniqueness_minutes
        if not site.tokens.claim(token, now=site.now, minutes=window):
            return errors(site.say("token.duplicate"), status=409).answer
        return None

    def _has_key(self) -> bool:
        key = key_of(self.request)
        return key is not None and self.room.knows(key)

    def _usage_violation(self) -> Answer:
        text = self.site.say("limit.usage_violation", request_id=self.entry.request_id)
        return text_answer(text, 429)

    async def _answer(self, result: Answer, *, over_seconds: float = 0.0) -> None:
        result.headers["x-request-id"] = self.entry.request_id
        result.headers.setdefault("date", format_datetime(self.twin.clock.now(), usegmt=True))
        result.headers["cache-control"] = "max-age=0, private, must-revalidate, no-store"
        if result.status == 200 and result.content_type == JSON:
            digest = crc32(result.body) << 32 | len(result.body)
            result.headers["etag"] = f'W/"{digest:032x}"'
        if "location" in result.headers and result.headers["location"].startswith("/"):
            host = f"https://{self.site.settings.subdomain}.chargify.com"
            result.headers["location"] = host + result.headers["location"]
        self.entry.status = result.status
        await send_answer(self.send, result, over_seconds=over_seconds)


def _fault_answer(fault: Fault) -> Answer:
    order = fault.order
    return Answer(order.status, order.body.encode(), order.content_type, dict(order.headers))


def _spoilt(result: Answer, order: FaultOrder) -> Answer:
    """The effect has happened; what is told of it is broken."""
    match order.kind:
        case Kind.TRUNCATED:
            result.body = result.body[: len(result.body) // 2]
        case Kind.WRONG_TYPE:
            result.content_type = order.content_type
        case _:
            pass
    return result


async def send_answer(send: Send, result: Answer, *, over_seconds: float = 0.0) -> None:
    headers = [
        (b"content-type", result.content_type.encode("latin-1")),
        (b"content-length", str(len(result.body)).encode()),
        *((name.encode("latin-1"), v.encode("latin-1")) for name, v in result.headers.items()),
    ]
    if result.status == 204:
        headers = headers[2:]
    await send({"type": "http.response.start", "status": result.status, "headers": headers})
    if over_seconds > 0:
        size = max(1, len(result.body) // SLOW_PIECES)
        for at in range(0, len(result.body), size):
            await asyncio.sleep(over_seconds / SLOW_PIECES)
            piece = result.body[at : at + size]
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
        return
    await send({"type": "http.response.body", "body": result.body})
