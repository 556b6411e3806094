"""The tag's four questions, answered by services; plain code that runs in a thread."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import msgspec
import structlog

from standfast.domain.request import DecideRequest
from standfast.domain.visitor import Identity
from standfast.services.decide import DecidePrompts
from standfast.services.errors import IdentityRefused, ServiceRefused
from standfast.services.follow_result import FollowResult, Recorded
from standfast.services.identify import Identify
from standfast.services.preview_offer import PreviewOffer, Wondered
from standfast.services.record_interaction import Deed, RecordInteraction
from standfast.services.see_tag import SeeTag
from standfast.services.see_visitors import SeeVisitors
from standfast.web.limits import Buckets, Limits
from standfast.web.messages import (
    DecideBody,
    InteractionsBody,
    PreviewsBody,
    ReportedInteraction,
    ResultsBody,
    Told,
    decode,
)
from standfast.web.problems import Refusal, problem_of

_log = structlog.get_logger()

_DECIDE = msgspec.json.Decoder(DecideBody)
_INTERACTIONS = msgspec.json.Decoder(InteractionsBody)
_PREVIEWS = msgspec.json.Decoder(PreviewsBody)
_RESULTS = msgspec.json.Decoder(ResultsBody)


@dataclass(frozen=True)
class Asked:
    """A request as the edge read it. `origin` is None for servers and command lines."""

    body: bytes
    origin: str | None
    address: str


class TagApi:
    """Every method raises `Refusal` or `ServiceRefused`; the edge tells them."""

    def __init__(
        self,
        *,
        identify: Identify,
        decisions: DecidePrompts,
        interactions: RecordInteraction,
        results: FollowResult,
        prices: PreviewOffer,
        visitors: SeeVisitors,
        see_tag: SeeTag,
        limits: Limits,
    ) -> None:
        self._identify = identify
        self._decisions = decisions
        self._interactions = interactions
        self._results = results
        self._prices = prices
        self._see_tag = see_tag
        self._visitors = visitors
        self._of_visitor = Buckets(limits.visitor)
        self._of_app = Buckets(limits.app)
        self._of_address = Buckets(limits.address)

    def knows_origin(self, origin: str) -> bool:
        return self._identify.knows_origin(origin)

    def decide(self, asked: Asked) -> bytes:
        self._of_address.take(asked.address)
        body = decode(asked.body, _DECIDE)
        identity = self._admitted(asked, body.app, body.identity, body.anonymous_id)
        request = DecideRequest(
            page=body.page,
            referrer=body.referrer,
            device=body.device,
            language=body.language,
            time_zone=body.time_zone,
            event=body.event,
            traits=body.traits,
        )
        decisions = self._decisions.decide(identity, request)
        self._visitors.seen(identity)
        return msgspec.json.encode(decisions)

    def record(self, asked: Asked) -> list[Recorded | Told]:
        """Each interaction for itself; when none was taken, the first one's error is raised."""
        self._of_address.take(asked.address)
        body = decode(asked.body, _INTERACTIONS)
        identity = self._admitted(asked, body.app, body.identity, body.anonymous_id)
        results: list[Recorded | Told] = []
        errors: list[ServiceRefused] = []
        for place, one in enumerate(body.interactions):
            try:
                results.append(self._interactions.record(identity, _deed(one)))
            except ServiceRefused as error:
                _placed(error, place)
                errors.append(error)
                results.append(Told(problem_of(error)))
        if len(errors) == len(results):
            raise errors[0]
        return results

    def admit_preview(self, asked: Asked) -> Callable[[], bytes]:
        """What asks the billing system, once the request is admitted."""
        self._of_address.take(asked.address)
        body = decode(asked.body, _PREVIEWS)
        identity = self._admitted(asked, body.app, body.identity, body.anonymous_id)
        wondered = Wondered(body.token, body.step, body.button, body.values)
        return lambda: msgspec.json.encode(self._prices.preview(identity, wondered))

    def read_results_body(self, asked: Asked) -> ResultsBody:
        self._of_address.take(asked.address)
        body = decode(asked.body, _RESULTS)
        if asked.origin is not None and not self._identify.knows_origin(asked.origin):
            raise Refusal(403, "This origin is not one of the app's domains.", field="origin")
        self._of_visitor.take(hashlib.blake2b(body.result_token.encode()).hexdigest())
        return body

    def follow(self, result_token: str) -> Recorded:
        return self._results.follow(result_token)

    def _admitted(
        self, asked: Asked, app_id: str, token: str | None, anonymous_id: str | None
    ) -> Identity:
        app = self._identify.app(app_id)
        is_foreign = asked.origin is not None and asked.origin not in app.origins
        if asked.origin is not None:
            self._see_tag.heard(app_id, asked.origin, is_admitted=not is_foreign)
        if is_foreign:
            raise Refusal(403, "This origin is not one of the app's domains.", field="origin")
        self._of_app.take(app_id)
        try:
            identity = self._identify.identify(app_id, token=token, anonymous_id=anonymous_id)
        except IdentityRefused as refused:
            refused.field = refused.field or "identity"
            raise
        self._of_visitor.take(f"{app_id}:{identity.visitor}")
        return identity


def _deed(one: ReportedInteraction) -> Deed:
    return Deed(token=one.token, kind=one.kind, step=one.step, values=one.values, quote=one.quote)


def _placed(error: ServiceRefused, place: int) -> None:
    """The field as the sender sees it: inside its list."""
    where = f"interactions[{place}]"
    if isinstance(error, IdentityRefused):
        error.field = "identity"
    else:
        error.field = f"{where}.{error.field or 'token'}"
