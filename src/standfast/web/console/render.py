"""Templates to HTML. Everything is escaped; what is missing is an error, not an empty text."""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Any, cast
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from standfast.web.console.assets import asset_path
from standfast.web.console.icons import icon


def render(template: str, **context: Any) -> str:
    return environment().get_template(template).render(**context)


@cache
def environment() -> Environment:
    """Made when the first page is asked for, and kept."""
    made = Environment(
        loader=PackageLoader("standfast.web.console"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    cast("dict[str, Any]", made.globals).update(icon=icon, asset=asset_path, filled=filled)
    made.filters |= {
        "instant": instant,
        "machine": machine,
        "pretty": pretty,
        "words": words,
        "initials": initials,
        "attributes": attributes,
        "browser_name": browser_name,
        "plain_value": plain_value,
        "without_code": without_code,
    }
    return made


@pass_context
def filled(context: Context, name: str, default: Any = "") -> str:
    """What was typed before the form was refused; else the default."""
    typed = cast("Mapping[str, str]", context.resolve("typed"))
    return typed[name] if name in typed else str(default)


def instant(value: datetime, zone: str = "UTC") -> str:
    """As in "23 Nov 2026, 14:05 UTC": what stands there until the browser tells its own zone."""
    there = in_zone(value, zone)
    return f"{there.day} {there:%b %Y, %H:%M} {there.tzname() or ''}".strip()


def in_zone(value: datetime, zone: str) -> datetime:
    """As it is where a clock of that zone would show the year 0 or 10000."""
    try:
        return value.astimezone(ZoneInfo(zone))
    except OverflowError:
        return value


def machine(value: datetime) -> str:
    return value.isoformat(timespec="seconds").replace("+00:00", "Z")


def pretty(value: Any) -> str:
    """JSON to be read by people."""
    return json.dumps(value, indent=2, ensure_ascii=False, sort_keys=False, default=str)


def words(value: str) -> str:
    """As in "api_key.created" → "Api key created"; a page gives better names where it can."""
    text = value.replace(".", " ").replace("_", " ").strip()
    return text[:1].upper() + text[1:]


def initials(name: str) -> str:
    """As in "Ada King" → "AK"."""
    parts = name.split() or ["?"]
    chosen = parts[0][0] + (parts[-1][0] if len(parts) > 1 else "")
    return chosen.upper()


def attributes(given: Mapping[str, Any], **more: Any) -> Markup:
    """HTML attributes: hx_get is written hx-get, True stands alone, None and False are left out."""
    pairs = {**more, **given}.items()
    written = [
        Markup(" {}").format(name.replace("_", "-"))
        if value is True
        else Markup(' {}="{}"').format(name.replace("_", "-"), value)
        for name, value in pairs
        if value is not None and value is not False
    ]
    return Markup("").join(written)


def browser_name(user_agent: str) -> str:
    """As in "Firefox on Windows"; good enough to tell one's own browsers apart."""
    browsers = ("Edg/Edge", "OPR/Opera", "Firefox/Firefox", "Chrome/Chrome", "Safari/Safari")
    systems = ("Android", "iPhone", "iPad", "Windows", "Mac OS X/macOS", "Linux")
    return (
        f"{_named(user_agent, browsers, 'A browser')} on {_named(user_agent, systems, 'a device')}"
    )


def plain_value(value: Any) -> str:
    """A trait's value as people write it: "yes" for True, "a, b" for a list."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(plain_value, cast("list[Any]", value)))
    return "" if value is None else str(value)


def without_code(value: str) -> str:
    """A reason's sentence without the code before it, as in "no_subscription: They have none."."""
    code, _, sentence = value.partition(": ")
    return sentence if sentence and re.fullmatch(r"[a-z_]+", code) else value


def _named(text: str, names: Iterable[str], otherwise: str) -> str:
    for one in names:
        sought, _, name = one.partition("/")
        if sought in text:
            return name or sought
    return otherwise
