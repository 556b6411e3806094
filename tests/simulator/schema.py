"""As much of JSON Schema as the vendor's definition uses, and its answers by operation."""

import json
import re
from functools import cache
from typing import Any

from chargify_simulator.coverage import shape
from simulator.vendor_world import VENDOR_DATA

KINDS = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "null": type(None),
}
LIST_SAMPLE = 5
"""Items of a list that are looked at."""


@cache
def definition() -> Any:
    path = VENDOR_DATA / "openapi.json"
    return json.loads(path.read_text()) if path.exists() else None


@cache
def models() -> dict[str, Any]:
    found = json.loads((VENDOR_DATA / "sdk10-models.json").read_text())["models"]
    return {name.lower(): each.get("fields", {}) for name, each in found.items()}


@cache
def operations() -> dict[tuple[str, str], Any]:
    return {
        (method.upper(), shape(path)): operation
        for path, methods in definition()["paths"].items()
        for method, operation in methods.items()
        if isinstance(operation, dict)
    }


def schema_for(method: str, path: str, status: int) -> Any | None:
    """The documented one; a success under another number than documented has the same body."""
    operation = operations().get((method, shape(path)))
    if operation is None:
        return None
    responses = operation["responses"]
    wanted = responses.get(str(status))
    if wanted is None and status < 300:
        wanted = next((each for code, each in responses.items() if code < "300"), None)
    content = (wanted or {}).get("content", {}).get("application/json")
    return content and content.get("schema")


def problems(value: Any, schema: Any, at: str = "", model: str = "") -> list[str]:
    """Where the value is not as the schema says."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return problems(value, definition()["components"]["schemas"][name], at, name)
    found = _kind_problems(value, schema, at)
    if found:
        return found
    for part in schema.get("allOf", ()):
        found += problems(value, part, at, model)
    for word in ("oneOf", "anyOf"):
        choices = schema.get(word)
        if choices and all(problems(value, each, at, model) for each in choices):
            found.append(f"{at}: fits none of {word}")
    if "enum" in schema and value is not None and value not in schema["enum"]:
        found.append(f"{at}: {value!r} is not one of the enumeration")
    if isinstance(value, dict):
        found += _object_problems(value, schema, at, model)
    if isinstance(value, list) and "items" in schema:
        for item in value[:LIST_SAMPLE]:
            found += problems(item, schema["items"], f"{at}[]", model)
    return found


def _kind_problems(value: Any, schema: Any, at: str) -> list[str]:
    kinds = schema.get("type")
    if kinds is None:
        return []
    kinds = [kinds] if isinstance(kinds, str) else kinds
    return (
        []
        if any(_is_kind(value, kind) for kind in kinds)
        else [f"{at}: {value!r:.40} is no {kinds}"]
    )


def _is_kind(value: Any, kind: str) -> bool:
    if kind in {"integer", "number"}:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return is_number and (kind == "number" or float(value).is_integer())
    return isinstance(value, KINDS[kind])


def _object_problems(value: dict, schema: Any, at: str, model: str) -> list[str]:
    found = [f"{at}.{name}: is missing" for name in schema.get("required", ()) if name not in value]
    fields = models().get(re.sub(r"[^a-z0-9]", "", model.lower()), {})
    for name, part in schema.get("properties", {}).items():
        if name not in value:
            continue
        if value[name] is None and fields.get(name, {}).get("nullable"):
            continue
        found += problems(value[name], part, f"{at}.{name}", model)
    return found
