"""The control plane under `/_control/`: no part of the vendor's API and no vendor key."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, timedelta

import msgspec

from . import control_sites
from .control_sites import NoSuchSite, room_of
from .eastern import stamp_utc
from .faults import Fault, FaultOrder
from .fields import parse_instant, whole_number
from .http import Answer, Request, answer
from .journal import Entry
from .records import Subscription
from .rules.passing_time import let_time_pass
from .settings import Settings
from .texts import TEXTS
from .twin import Twin

INDEX = {
    "GET /_control/": "this list",
    "POST /_control/reset": "back to how the simulator started",
    "POST /_control/seed": '{"name": "lived-in" | "empty", "number": 7}',
    "GET|PUT /_control/clock": '{"offset_seconds": 0, "frozen_at": ISO 8601 or null}',
    "GET|POST|DELETE /_control/faults": "list, add or remove all faults",
    "GET|DELETE /_control/faults/{id}": "one fault; ?wait_for=1&timeout=5 waits for held requests",
    "POST /_control/faults/{id}/release": "let held requests go on",
    "GET|DELETE /_control/requests": "the request log; ?since=0&method=GET&path=/subscriptions",
    "GET /_control/stats": "requests in flight, at most and now",
    "GET|PUT /_control/settings": "limits, uniqueness window, API key",
    "GET|PUT /_control/texts": "every sentence; assumed ones are marked",
    "GET /_control/state": "all subscriptions, compact",
    "PUT /_control/subscriptions/{id}": "force fields of a subscription",
    "POST /_control/webhooks/deliver": "carry every webhook that is due, then answer",
    "GET|POST /_control/sites": '{"subdomain", "api_key", "seed": "empty", "number": 7}',
    "GET|PUT /_control/snapshot": "a site's whole state as JSON, and back",
    "POST /_control/down": '{"down": true} cuts every vendor request',
}


class ControlError(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class ClockOrder(msgspec.Struct, forbid_unknown_fields=True):
    offset_seconds: float | None = None
    frozen_at: str | msgspec.UnsetType | None = msgspec.UNSET


class SeedOrder(msgspec.Struct, forbid_unknown_fields=True):
    name: str = "lived-in"
    number: int = 7


class DownOrder(msgspec.Struct, forbid_unknown_fields=True):
    down: bool


class Control:
    def __init__(self, twin: Twin) -> None:
        self.twin = twin
        self._plain: dict[tuple[str, str], Callable[[Request], object]] = {
            ("GET", ""): lambda _: {"simulator": "chargify", "controls": INDEX},
            ("POST", "reset"): self._reset,
            ("POST", "seed"): self._seed,
            ("GET", "clock"): self._clock,
            ("PUT", "clock"): self._set_clock,
            ("GET", "faults"): self._faults,
            ("POST", "faults"): self._add_fault,
            ("DELETE", "faults"): self._clear_faults,
            ("GET", "requests"): self._requests,
            ("DELETE", "requests"): self._clear_requests,
            ("GET", "stats"): self._stats,
            ("GET", "settings"): self._settings,
            ("PUT", "settings"): self._set_settings,
            ("GET", "texts"): self._texts,
            ("PUT", "texts"): self._set_texts,
            ("GET", "state"): self._state,
            ("POST", "down"): self._set_down,
            ("GET", "sites"): lambda request: control_sites.list_sites(twin, request),
            ("POST", "sites"): lambda request: control_sites.open_site(twin, request),
            ("GET", "snapshot"): lambda request: control_sites.read_snapshot(twin, request),
            ("PUT", "snapshot"): lambda request: control_sites.put_snapshot(twin, request),
        }
        self._numbered: dict[tuple[str, str], Callable[[int, Request], Awaitable[object]]] = {
            ("GET", "faults"): self._wait_for_fault,
            ("DELETE", "faults"): self._remove_fault,
            ("POST", "faults/release"): self._release,
            ("PUT", "subscriptions"): self._force,
        }

    async def answer(self, request: Request) -> Answer:
        key = self.twin.control_key
        if key is not None and request.headers.get("x-control-key") != key:
            return answer({"error": "the header X-Control-Key is missing or wrong"}, 401)
        parts = request.path.removeprefix("/_control").strip("/").split("/")
        try:
            if parts == ["webhooks", "deliver"] and request.method == "POST":
                return answer({"attempts": await self.twin.courier.deliver_due()})
            if len(parts) == 1:
                return answer(self._plain[request.method, parts[0]](request))
            name = "/".join([parts[0], *parts[2:]])
            step = self._numbered[request.method, name]
            return answer(await step(whole_number(parts[1]) or 0, request))
        except NoSuchSite as error:
            return answer({"error": str(error)}, 404)
        except KeyError:
            return answer({"error": "no such control", "controls": INDEX}, 404)
        except ControlError as error:
            return answer({"error": str(error)}, error.status)
        except (msgspec.DecodeError, msgspec.ValidationError, OverflowError) as error:
            return answer({"error": str(error)}, 400)

    def _reset(self, request: Request) -> object:
        del request
        self.twin.reset()
        return {"ok": True}

    def _seed(self, request: Request) -> object:
        order = msgspec.json.decode(request.body or b"{}", type=SeedOrder)
        try:
            room = room_of(self.twin, request)
            self.twin.sow(order.name, order.number, room)
        except KeyError:
            raise ControlError(400, f"no seed named {order.name!r}") from None
        return {"ok": True, "subscriptions": len(room.site.subscriptions)}

    def _clock(self, request: Request) -> object:
        del request
        clock = self.twin.clock
        return {
            "now": stamp_utc(clock.now()),
            "offset_seconds": clock.offset.total_seconds(),
            "frozen_at": stamp_utc(clock.frozen_at) if clock.frozen_at else None,
        }

    def _set_clock(self, request: Request) -> object:
        order = msgspec.json.decode(request.body, type=ClockOrder)
        clock = self.twin.clock
        if order.offset_seconds is not None:
            clock.offset = timedelta(seconds=order.offset_seconds)
        if order.frozen_at is None:
            clock.frozen_at = None
        elif isinstance(order.frozen_at, str):
            frozen_at = parse_instant(order.frozen_at)
            if frozen_at is None:
                raise ControlError(400, "frozen_at is not an ISO 8601 instant")
            clock.frozen_at = frozen_at.astimezone(UTC)
        for site in self.twin.sites():
            let_time_pass(site)
        self.twin.courier.wake()
        return self._clock(request)

    def _faults(self, request: Request) -> object:
        del request
        return {"faults": [each.view() for each in self.twin.faults.by_id.values()]}

    def _add_fault(self, request: Request) -> object:
        order = msgspec.json.decode(request.body, type=FaultOrder)
        return self.twin.faults.add(order).view()

    def _clear_faults(self, request: Request) -> object:
        del request
        self.twin.faults.clear()
        return {"ok": True}

    def _fault(self, number: int) -> Fault:
        try:
            return self.twin.faults.by_id[number]
        except KeyError:
            raise ControlError(404, f"no fault {number}") from None

    async def _wait_for_fault(self, number: int, request: Request) -> object:
        """With `wait_for` the answer comes when so many are held, or after `timeout` seconds."""
        fault = self._fault(number)
        wanted = request.query.integer("wait_for")
        if wanted:
            seconds = float(request.query.text("timeout") or 5)
            try:
                async with asyncio.timeout(seconds):
                    await fault.wait_for(wanted)
            except TimeoutError:
                pass
        return fault.view()

    async def _remove_fault(self, number: int, request: Request) -> object:
        del request
        self._fault(number)
        self.twin.faults.remove(number)
        return {"ok": True}

    async def _release(self, number: int, request: Request) -> object:
        del request
        fault = self._fault(number)
        fault.released.set()
        return fault.view()

    def _requests(self, request: Request) -> object:
        query = request.query
        since, method, path = query.integer("since") or 0, query.text("method"), query.text("path")

        def is_wanted(entry: Entry) -> bool:
            if entry.n <= since or (method and entry.method != method):
                return False
            return not path or path in entry.path

        return {"requests": [each for each in self.twin.journal.entries if is_wanted(each)]}

    def _clear_requests(self, request: Request) -> object:
        del request
        self.twin.journal.clear()
        for room in self.twin.rooms.values():
            room.slots.forget_maxima()
        return {"ok": True}

    def _stats(self, request: Request) -> object:
        slots = room_of(self.twin, request).slots
        return {
            "requests": self.twin.journal.count,
            "in_flight": slots.in_flight,
            "running": slots.running,
            "max_in_flight": slots.max_in_flight,
            "max_running": slots.max_running,
            "max_queued": slots.max_queued,
            "down": self.twin.is_down,
        }

    def _settings(self, request: Request) -> object:
        return room_of(self.twin, request).settings

    def _set_settings(self, request: Request) -> object:
        sent = msgspec.json.decode(request.body, type=dict[str, object])
        room = room_of(self.twin, request)
        merged = msgspec.convert({**msgspec.structs.asdict(room.settings), **sent}, Settings)
        for name in sent:
            setattr(room.settings, name, getattr(merged, name))
        room.slots.admit(limit=merged.in_flight)
        return room.settings

    def _texts(self, request: Request) -> object:
        del request
        say = self.twin.texts.say
        return {
            key: {"text": say(key), "assumed": text.assumed, "source": text.source}
            for key, text in TEXTS.items()
        }

    def _set_texts(self, request: Request) -> object:
        sent = msgspec.json.decode(request.body, type=dict[str, str])
        unknown = sent.keys() - TEXTS.keys()
        if unknown:
            raise ControlError(400, f"no text named {', '.join(sorted(unknown))}")
        for key, text in sent.items():
            self.twin.texts.change(key, text)
        return {"ok": True, "changed": sorted(sent)}

    def _state(self, request: Request) -> object:
        site = room_of(self.twin, request).site
        let_time_pass(site)
        return {"subscriptions": [_compact(s) for s in site.changed_subscriptions()]}

    async def _force(self, number: int, request: Request) -> object:
        """Any field of the record, past every rule: `{"state": "past_due"}`."""
        site = room_of(self.twin, request).site
        subscription = site.subscriptions.get(number)
        if subscription is None:
            raise ControlError(404, f"no subscription {number}")
        sent = msgspec.json.decode(request.body, type=dict[str, object])
        merged = msgspec.convert({**msgspec.structs.asdict(subscription), **sent}, Subscription)
        unknown = sent.keys() - set(subscription.__struct_fields__)
        if unknown:
            raise ControlError(400, f"a subscription has no {', '.join(sorted(unknown))}")
        for name in sent:
            setattr(subscription, name, getattr(merged, name))
        site.touch(subscription)
        return _compact(subscription)

    def _set_down(self, request: Request) -> object:
        self.twin.is_down = msgspec.json.decode(request.body, type=DownOrder).down
        return {"down": self.twin.is_down}


def _compact(subscription: Subscription) -> dict[str, object]:
    return {
        "id": subscription.id,
        "reference": subscription.reference,
        "customer_id": subscription.customer_id,
        "product_id": subscription.product_id,
        "price_point_id": subscription.price_point_id,
        "state": subscription.state,
        "coupon_codes": [each.code for each in subscription.coupons],
        "cancel_at_end_of_period": bool(subscription.cancel_at_end_of_period),
        "canceled_at": subscription.canceled_at,
        "delayed_cancel_at": subscription.delayed_cancel_at,
        "current_period_ends_at": subscription.current_period_ends_at,
        "trial_started_at": subscription.trial_started_at,
        "trial_ended_at": subscription.trial_ended_at,
        "automatically_resume_at": subscription.automatically_resume_at,
        "next_product_id": subscription.next_product_id,
        "next_price_point_id": subscription.next_price_point_id,
        "payment_profile_id": subscription.payment_profile_id,
        "reason_code": subscription.reason_code,
        "cancellation_message": subscription.cancellation_message,
        "balance_in_cents": subscription.balance_in_cents,
        "credit_balance_in_cents": subscription.credit_balance_in_cents,
        "total_revenue_in_cents": subscription.total_revenue_in_cents,
        "created_at": subscription.created_at,
        "updated_at": subscription.updated_at,
    }
