"""One JSON line per event on standard error; no secret, no token, no personal data."""

import hashlib
import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog

_HASHED = frozenset({"user_id", "visitor", "billing_id", "chargify_id", "anonymous_id", "lane"})
_DROPPED = re.compile(
    r"(^|_)(token|secrets?|password|authorization|cookie|api_key|key|email|traits|claims|values"
    r"|identity|body|first_name|last_name|phone)$"
)
_EMAIL = re.compile(r"[^\s@\"'<>=:,]+@[^\s@\"'<>]+\.[^\s@\"'<>]+")
_TOKEN = re.compile(r"\b[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]{16,}\b")
_API_KEY = re.compile(r"\bsk_[A-Za-z0-9_-]{20,}")
_BASIC = re.compile(r"(?i)\b(basic|bearer)\s+[A-Za-z0-9._~+/=-]{8,}")
_LONGEST = 8_000

Event = MutableMapping[str, Any]


def configure(stream: TextIO | None = None, *, level: int = logging.INFO) -> None:
    """Route our events, uvicorn's and every library's through one chain."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        structlog.processors.format_exc_info,
        discreet,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [], True
    logging.getLogger("uvicorn").setLevel(logging.WARNING)


def discreet(_logger: object, _method: str, event: Event) -> Event:
    """Drop what is secret or personal by the name of its field; scrub every text."""
    for name, value in list(event.items()):
        if name.startswith("_"):
            continue
        if name in _HASHED and value is not None:
            event[name] = short_hash(str(value))
        elif _DROPPED.search(name):
            event[name] = "***"
        else:
            event[name] = scrubbed(value)
    return event


def scrubbed(value: object) -> object:
    """A value as it may be written: plain numbers, texts without tokens, keys and addresses."""
    if value is None or isinstance(value, bool | int | float):
        return value
    text = str(value)
    for pattern in (_TOKEN, _API_KEY, _BASIC, _EMAIL):
        text = pattern.sub("***", text)
    return text[:_LONGEST]


def short_hash(text: str) -> str:
    """Enough to follow one person through a log, not enough to find them."""
    return "#" + hashlib.sha256(text.encode()).hexdigest()[:10]
