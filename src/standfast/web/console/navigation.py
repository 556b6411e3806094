"""The menu of an app. A new page adds one entry; who may not open it does not see it."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from standfast.domain.roles import Permission
from standfast.services.permissions import Actor


@dataclass(frozen=True)
class Entry:
    """`path` stands behind /apps/{app}; `key` is the second key of the short cut "g …"."""

    label: str
    path: str
    icon: str
    permission: Permission
    section: str = ""
    key: str = ""


@dataclass(frozen=True)
class Link:
    label: str
    path: str
    icon: str
    key: str
    is_here: bool


@dataclass(frozen=True)
class Section:
    """`label` is empty for what stands first."""

    label: str
    links: tuple[Link, ...]


ENTRIES: tuple[Entry, ...] = (
    # In the order of the menu.
    Entry("Overview", "", "chart", Permission.SEE_REPORTS, "", "o"),
    Entry("Prompts", "/prompts", "message", Permission.SEE_REPORTS, "", "p"),
    Entry("Segments", "/segments", "layers", Permission.EDIT_PROMPTS, "", "e"),
    Entry("Visitors", "/visitors", "person", Permission.SEE_VISITORS, "", "v"),
    Entry("Traits", "/traits", "tag", Permission.CHANGE_VISITORS, "", "i"),
    Entry("Runs", "/runs", "bolt", Permission.SEE_REPORTS, "", "r"),
    Entry("Catalogue", "/catalogue", "box", Permission.SEE_CATALOGUE, "", "c"),
    Entry("App", "/settings", "sliders", Permission.CHANGE_APP, "Settings", "s"),
    Entry(
        "Connectors",
        "/settings/connectors",
        "plug",
        Permission.USE_CONNECTIONS,
        "Settings",
        "n",
    ),
    Entry("Keys and tag", "/settings/keys", "key", Permission.CHANGE_APP, "Settings", "k"),
    Entry("Team", "/team", "people", Permission.CHANGE_APP, "Settings", "t"),
    Entry("Audit log", "/audit", "scroll", Permission.CHANGE_APP, "Settings", "a"),
)


def sections_for(actor: Actor, app_id: str, here: str) -> tuple[Section, ...]:
    """What this actor may open in this app; the longest path that fits is where they are."""
    allowed = [one for one in ENTRIES if actor.may(one.permission, app_id)]
    current = _current(allowed, here.removeprefix(f"/apps/{app_id}"))
    return tuple(
        Section(
            label,
            tuple(
                Link(
                    one.label,
                    f"/apps/{app_id}{one.path}",
                    one.icon,
                    one.key,
                    is_here=one is current,
                )
                for one in entries
            ),
        )
        for label, entries in groupby(allowed, key=lambda one: one.section)
    )


def _current(entries: Iterable[Entry], path: str) -> Entry | None:
    path = path.rstrip("/")
    fitting = [
        one for one in entries if path == one.path or (one.path and path.startswith(f"{one.path}/"))
    ]
    return max(fitting, key=lambda one: len(one.path), default=None)
