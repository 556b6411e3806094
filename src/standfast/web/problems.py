"""Every error on the wire: problem details (RFC 9457) that name the field."""

from http import HTTPStatus

import msgspec

from standfast.services.errors import (
    FieldInvalid,
    IdentityRefused,
    NotFound,
    NotNow,
    OfferRefused,
    ServiceRefused,
    SignatureRefused,
    SiteSilent,
    TokenRefused,
    WebhookUnreadable,
)

MEDIA_TYPE = "application/problem+json"


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the sender can do about it stands in `detail`; `field` is the path in the body."""

    title: str
    status: int
    detail: str
    type: str = "about:blank"
    field: str | None = None
    reason: str | None = None
    message: str | None = None
    """Why an offer cannot be kept, for the page and for its visitor: as in the refusal of an
    interaction."""


class Refusal(Exception):
    """A request the web itself turns down."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        field: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        self.status = status
        self.detail = detail
        self.field = field
        self.retry_after = retry_after
        super().__init__(detail)


# The first class that fits rules. Who forges a token learns nothing from the answer: its precise
# fault is in our log.
STATUSES: tuple[tuple[type[ServiceRefused], int, str | None], ...] = (
    (IdentityRefused, 401, "The identity was not accepted. Ask your server for a new token."),
    (TokenRefused, 403, None),
    (SignatureRefused, 401, None),
    (WebhookUnreadable, 422, None),
    (NotFound, 404, None),
    (NotNow, 409, None),
    (FieldInvalid, 422, None),
    (SiteSilent, 503, None),
    (ServiceRefused, 400, None),
)


def problem(status: int, detail: str, *, field: str | None = None) -> Problem:
    return Problem(HTTPStatus(status).phrase, status, detail, field=field)


def problem_of(error: Exception, *, within: str = "") -> Problem:
    """`within` is the place in the body the service was called for ("interactions[2]")."""
    if isinstance(error, Refusal):
        return problem(error.status, error.detail, field=error.field)
    if isinstance(error, ServiceRefused):
        for kind, status, plain in STATUSES:
            if isinstance(error, kind):
                told = problem(status, plain or str(error), field=_placed(error.field, within))
                return _with_why(told, error) if isinstance(error, OfferRefused) else told
    return problem(500, "Something went wrong on our side. It has been logged.")


def _with_why(one: Problem, refused: OfferRefused) -> Problem:
    return msgspec.structs.replace(one, reason=refused.reason, message=refused.told)


def encode(one: Problem) -> bytes:
    return msgspec.json.encode(one)


def _placed(field: str | None, within: str) -> str | None:
    if not within:
        return field
    return f"{within}.{field}" if field else within
