"""What Chargify's statuses and error texts mean: the one table.

Texts are matched by small patterns, never by equality: "labels are for people and change"
(the vendor renamed "credit card" to "payment method" in 2021). A 422 whose text stands in no row
is `Refused(OTHER)` with the vendor's own words.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import Any, cast

from standfast.connectors.chargify.models import json_of
from standfast.contract.actions import (
    NeedsVisitor,
    Outcome,
    RefusalReason,
    Refused,
    RetryCause,
    RetryLater,
    Unknown,
)
from standfast.contract.errors import (
    CallFailed,
    CallRefused,
    CredentialsRefused,
    NotSent,
    SitePaused,
    Throttled,
)
from standfast.contract.transport import Answer, retry_after_seconds


class Meaning(StrEnum):
    """What a text means beside the reasons for a refusal."""

    ACCOUNT_BLOCKED = "account_blocked"
    """The merchant's account, not this request: nothing works until they act."""
    ALREADY_CANCELED = "already_canceled"
    """What we wanted was there before."""
    REFERENCE_TAKEN = "reference_taken"
    """A subscription with our reference exists: an earlier try succeeded."""
    NEEDS_PAYMENT_METHOD = "needs_payment_method"
    """No usable payment method: the visitor must give one."""


@dataclass(frozen=True)
class Row:
    """One line of the table: a pattern over the vendor's text, and what the operator may do.

    `is_alone`: it means this only when nothing else is said beside it.
    """

    pattern: str
    means: Meaning | RefusalReason
    advice: str
    is_alone: bool = False

    def knows(self, texts: list[str]) -> bool:
        if self.is_alone and len(texts) != 1:
            return False
        return any(self._matches(text) for text in texts)

    def _matches(self, text: str) -> bool:
        unquoted = re.sub(r"'[^']*'", "''", text)  # a code may be called EXPIRED
        return re.search(self.pattern, unquoted, re.IGNORECASE) is not None


_PICK_COUPON = "Pick another coupon in the prompt, or sync the catalogue."
_PICK_PLAN = "Pick another plan in the prompt, or sync the catalogue."
_ACCOUNT = "Settle this with Chargify; runs wait and go on by themselves."
_CARD = "The customer must give a payment method that can be charged."
_OUR_FAULT = "Nothing is wrong with the customer or the prompt. Please report this as a fault."
_OTHER_CARD = "Ask the customer for another payment method."

TABLE: tuple[Row, ...] = (
    # The four account texts of the vendor's error-handling page. The first must name the vendor:
    # a gateway says of a customer's card that its account has been cancelled.
    Row(
        r"\b(chargify|maxio|advanced billing) account has been cancell?ed",
        Meaning.ACCOUNT_BLOCKED,
        _ACCOUNT,
    ),
    Row(r"trial has ended, please contact sales", Meaning.ACCOUNT_BLOCKED, _ACCOUNT),
    Row(r"site data clearing is in progress", Meaning.ACCOUNT_BLOCKED, _ACCOUNT),
    Row(r"site has been deleted", Meaning.ACCOUNT_BLOCKED, _ACCOUNT),
    Row(r"subscription is already cancell?ed", Meaning.ALREADY_CANCELED, ""),
    Row(r"\breference\b.*(unique|taken)", Meaning.REFERENCE_TAKEN, ""),
    Row(r"no (payment method|credit card) was on file", Meaning.NEEDS_PAYMENT_METHOD, _CARD),
    Row(r"does not have a (credit card|payment method)", Meaning.NEEDS_PAYMENT_METHOD, _CARD),
    Row(r"payment profile: cannot be blank", Meaning.NEEDS_PAYMENT_METHOD, _CARD),
    Row(r"(card|payment method): cannot be expired", Meaning.NEEDS_PAYMENT_METHOD, _CARD),
    Row(r"coupon.*no longer active", RefusalReason.COUPON_RETIRED, _PICK_COUPON),
    Row(r"coupon.*expired", RefusalReason.COUPON_EXPIRED, _PICK_COUPON),
    Row(
        r"coupon.*(conversion|usage|redemption) limit",
        RefusalReason.COUPON_RETIRED,
        "Raise its limit in Chargify, or pick another coupon.",
    ),
    Row(r"coupon.*already applied", RefusalReason.COUPON_PRESENT, _PICK_COUPON),
    Row(
        r"coupon.*not (valid|available|applicable|allowed)\b.*(product|plan)",
        RefusalReason.COUPON_NOT_FOR_PLAN,
        "Pick a coupon of the plan's family.",
    ),
    Row(
        r"coupon is not stackable|at least one non-stackable coupon",
        RefusalReason.COUPON_NOT_STACKABLE,
        "Choose 'replace' in the prompt, or a coupon that stacks.",
    ),
    Row(r"coupon code could not be found", RefusalReason.COUPON_UNKNOWN, _PICK_COUPON),
    Row(r"valid coupon code is required", RefusalReason.COUPON_UNKNOWN, _PICK_COUPON),
    Row(r"product price point must belong", RefusalReason.PARAMETER_INVALID, _PICK_PLAN),
    Row(r"product.*(archived|retired)", RefusalReason.PLAN_RETIRED, _PICK_PLAN),
    Row(r"product .*does not exist", RefusalReason.PLAN_UNKNOWN, _PICK_PLAN),
    Row(r"product must be specified", RefusalReason.PLAN_UNKNOWN, _PICK_PLAN),
    Row(r"^invalid product\b", RefusalReason.PLAN_UNKNOWN, _PICK_PLAN),
    Row(
        r"customer must be specified",
        RefusalReason.BILLING_ID_UNMATCHED,
        "Check what chargify_id holds for this visitor.",
    ),
    Row(
        r"(reason_code|cancellation_message) size|reason.code.*(invalid|not found|unknown)",
        RefusalReason.PARAMETER_INVALID,
        "Correct the reason or the message in the prompt.",
    ),
    Row(
        r"request was ''|cannot be resumed",
        RefusalReason.WRONG_STATE,
        "Its paid period is over. Choose 'begin a new one' in the prompt if a charge is meant.",
    ),
    # "Cannot be put on hold less than 24 hours before the next billing", and not twice.
    Row(
        r"not eligible to be put on hold",
        RefusalReason.WRONG_STATE,
        "It is on hold already, or renews within 24 hours.",
    ),
    Row(
        r"not eligible for a prorated migration",
        RefusalReason.WRONG_STATE,
        "It has this plan already, or its state does not allow another one now.",
    ),
    Row(
        r"past due|not eligible|cannot be cancell?ed|that are on hold can be|not currently on hold"
        r"|cannot reactivate a subscription|subscription must be active",
        RefusalReason.WRONG_STATE,
        "Look at the subscription in Chargify.",
    ),
    Row(
        r"resume date: must be|\bdate must be in the future",
        RefusalReason.PARAMETER_INVALID,
        "Choose a later day in the prompt.",
    ),
    Row(
        r"does not have any coupons|no coupon applied",
        RefusalReason.COUPON_UNKNOWN,
        "The coupon is not on the subscription; nothing has to be taken off.",
    ),
    Row(
        r"^coupon is invalid",
        RefusalReason.COUPON_UNKNOWN,
        "The coupon is not on the subscription.",
        is_alone=True,
    ),
    # The test gateway says "Bogus Gateway: Forced failure"; others say "declined" in some form.
    Row(
        r"declin|forced failure|insufficient funds|do not honou?r|could not be charged"
        r"|retry was unsuccessful|gateway error|lost card|stolen card|invalid card|security code"
        r"|card( account)? has been (cancell?ed|closed)",
        RefusalReason.PAYMENT_DECLINED,
        _OTHER_CARD,
    ),
    # Says that our request is malformed.
    Row(r"must be an object|only one of '' or '' may be set", RefusalReason.OTHER, _OUR_FAULT),
    # What Chargify misses about the customer is nothing a prompt can give.
    Row(
        r"cannot be blank|shipping address",
        RefusalReason.OTHER,
        "Complete the customer in Chargify.",
    ),
)


_GONE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
_NO_RECORD = "Chargify no longer has this record."


def row_for(texts: list[str]) -> Row | None:
    """The first row, in the table's order, that knows one of the texts."""
    return next((row for row in TABLE if row.knows(texts)), None)


def texts_of(answer: Answer) -> list[str]:
    """Every text of an error body, whatever its shape: there are at least fourteen.

    Under `errors` or `error`, else under the lists at the top; a whole resource holds none.
    """
    inner: Any = json_of(answer.body)
    if isinstance(inner, dict):
        told = cast("dict[str, Any]", inner)
        lists: list[Any] = [one for one in told.values() if isinstance(one, list)]
        inner = told.get("errors", told.get("error", lists))
    return list(dict.fromkeys(text.strip() for text in _leaves(inner) if text.strip()))[:10]


def _leaves(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value[:500]
        case list():
            for one in cast("list[Any]", value):
                yield from _leaves(one)
        case dict():
            for key, one in cast("dict[str, Any]", value).items():
                if key not in {"links", "meta"}:
                    yield from _leaves(one)
        case _:
            return


def action_link(answer: Answer) -> str | None:
    """Where the visitor confirms a payment (3-D Secure): shapes 11 and 12."""
    body = json_of(answer.body)
    if not isinstance(body, dict):
        return None
    told = cast("dict[str, Any]", body)
    links = [told.get("action_link"), *_links_of(told.get("errors"))]
    return next((one for one in links if isinstance(one, str) and is_web_link(one)), None)


def _links_of(errors: Any) -> Iterator[Any]:
    for one in cast("list[Any]", errors) if isinstance(errors, list) else []:
        if isinstance(one, dict):
            links = cast("dict[str, Any]", one).get("links")
            if isinstance(links, dict):
                yield cast("dict[str, Any]", links).get("action_link")


def is_web_link(text: str) -> bool:
    """A link we may show to a visitor; anything but the web's own schemes is not one."""
    return re.match(r"https?://[^\s\"'<>]+$", text) is not None


@dataclass(frozen=True)
class AlreadyCanceled:
    """The subscription was canceled before: a success only to who wanted that."""


def outcome_of(answer: Answer) -> Outcome | AlreadyCanceled:
    """What an answer other than 2xx to a write means."""
    match answer.status:
        case HTTPStatus.UNAUTHORIZED:
            return RetryLater(RetryCause.CREDENTIALS_REFUSED, "Chargify refuses the API key.")
        case HTTPStatus.TOO_MANY_REQUESTS:
            after = retry_after_seconds(answer, now=answer.told_at)
            return RetryLater(RetryCause.THROTTLED, "Chargify asks us to slow down.", after)
        case HTTPStatus.REQUEST_TIMEOUT | HTTPStatus.CONFLICT:
            # A 409 means "the first was received and answered", not that it succeeded.
            return Unknown(f"Chargify answered {answer.status}; the change may have been made.")
        case status if 400 <= status < 500:
            return _refusal(answer)
        case status:
            return Unknown(f"Chargify answered {status}; the change may have been made.")


def _refusal(answer: Answer) -> Outcome | AlreadyCanceled:
    link = action_link(answer)
    if link is not None:
        text = "The customer's bank wants the payment confirmed (3-D Secure)."
        return NeedsVisitor(text, link, completes_it=True)
    texts = texts_of(answer)
    row = row_for(texts)
    said = _said(answer.status, texts)
    if row is None and answer.status in _GONE:
        also = "" if said == _NO_RECORD else f" {said}"
        return Refused(RefusalReason.NO_SUBSCRIPTION, f"{_NO_RECORD}{also}")
    if row is None:
        return Refused(RefusalReason.OTHER, said)
    message = f"{said} {row.advice}".strip()
    match row.means:
        case Meaning.ACCOUNT_BLOCKED:
            return RetryLater(RetryCause.ACCOUNT_BLOCKED, message)
        case Meaning.ALREADY_CANCELED:
            return AlreadyCanceled()
        case Meaning.REFERENCE_TAKEN:
            return Unknown(f"{said} An earlier try of this run may have made it.")
        case Meaning.NEEDS_PAYMENT_METHOD:
            return NeedsVisitor(message)
        case RefusalReason() as reason:
            return Refused(reason, message)


def _said(status: int, texts: list[str]) -> str:
    if texts:
        return f"Chargify says: {_sentences(texts)}"
    if status == HTTPStatus.NOT_FOUND:
        return _NO_RECORD
    return f"Chargify refused with status {status} and did not say why."


def _sentences(texts: list[str]) -> str:
    return " ".join(text if text.endswith((".", "!", "?")) else f"{text}." for text in texts)


def ensure_read(answer: Answer) -> Answer:
    """The answer of a read when it is good. Raises what it means when it is not."""
    if answer.is_success:
        return answer
    texts = texts_of(answer)
    row = row_for(texts)
    said = _said(answer.status, texts)
    if row is not None and row.means is Meaning.ACCOUNT_BLOCKED:
        raise CredentialsRefused(
            answer.status, f"{said} {row.advice}", request_id=answer.request_id
        )
    match answer.status:
        case HTTPStatus.UNAUTHORIZED:
            raise CredentialsRefused(
                401, "Chargify refuses the API key.", request_id=answer.request_id
            )
        case HTTPStatus.TOO_MANY_REQUESTS:
            after = retry_after_seconds(answer, now=answer.told_at)
            raise Throttled("Chargify asks us to slow down.", after_seconds=after)
        case _:
            raise CallRefused(answer.status, said, request_id=answer.request_id)


def is_missing(answer: Answer) -> bool:
    """Whether Chargify says that it has no such record.

    Its own 404 is empty or one space; a page of HTML comes from something in front of it, which
    knows nothing of records, and must not be taken for proof that one is absent.
    """
    return answer.status == HTTPStatus.NOT_FOUND and not answer.body.lstrip().startswith(b"<")


def read_failed(failure: CallFailed) -> RetryLater:
    """What a failed read before a write means: nothing was changed, try again."""
    match failure:
        case SitePaused():
            return RetryLater(RetryCause.THROTTLED, str(failure), failure.after_seconds)
        case Throttled():
            return RetryLater(RetryCause.THROTTLED, str(failure), failure.after_seconds)
        case CredentialsRefused(status=HTTPStatus.UNAUTHORIZED):
            return RetryLater(RetryCause.CREDENTIALS_REFUSED, str(failure))
        case CredentialsRefused():
            return RetryLater(RetryCause.ACCOUNT_BLOCKED, str(failure))
        case _:
            return RetryLater(RetryCause.NOT_REACHED, str(failure))


def not_sent(failure: NotSent) -> RetryLater:
    """What it means that a write never left us."""
    return read_failed(failure)
