"""A small set of our own, drawn on a grid of 20 with one stroke width; the paths lie beside."""

import json
from functools import cache
from importlib.resources import files

from markupsafe import Markup


@cache
def paths() -> dict[str, str]:
    file = files("standfast.web.console") / "icons.json"
    return json.loads(file.read_text(encoding="utf-8"))


def icon(name: str, label: str = "") -> Markup:
    """Raises `KeyError` for one we have not drawn. Without a label it is decoration."""
    told = (
        Markup('role="img" aria-label="{}"').format(label)
        if label
        else Markup('aria-hidden="true"')
    )
    drawn = Markup('<svg class="icon" viewBox="0 0 20 20" {}><path d="{}"/></svg>')
    return drawn.format(told, paths()[name])
