"""What pages are made of: HTML that holds together, and nobody's text taken for HTML."""

import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import pytest

import standfast.web.console
from console.access import ACCESS
from console.rig import Visitor
from standfast.bootstrap import House
from standfast.web.console.assets import assets
from standfast.web.console.icons import icon, paths
from standfast.web.console.navigation import ENTRIES
from standfast.web.console.render import environment

FOLDER = Path(standfast.web.console.__file__).parent
VOID = {"meta", "link", "input", "br", "hr", "img", "path", "rect", "circle", "line"}
HOSTILE = "<script>alert(1)</script>\"'&{{ 7 * 7 }}"
AT = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


class Outline(HTMLParser):
    """Raises on a tag that was not opened; knows ids and scripts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.scripts: list[str | None] = []
        self.inline: list[str] = []
        self.feed(page)
        self.close()
        assert self.open == [], f"left open: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if given.get("id"):
            self.ids.append(str(given["id"]))
        if tag == "script":
            self.scripts.append(given.get("src"))
        self.inline += [name for name in given if name == "style" or name.startswith("on")]
        if tag not in VOID and tag not in {"path", "rect"}:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag


def pages_of(visitor: Visitor, app: str) -> dict[str, str]:
    """Every page that needs no more than an app."""
    paths = [one.removeprefix("GET ").replace("{app}", app) for one in ACCESS if "GET" in one]
    answers = {path: visitor.get(path) for path in paths if "{" not in path}
    return {
        path: answer.text
        for path, answer in answers.items()
        if answer.status_code == 200 and answer.headers["content-type"].startswith("text/html")
    }


def test_every_page_is_well_formed_and_runs_no_script_of_its_own(
    browser_of_ada: Visitor, app: str
) -> None:
    pages = pages_of(browser_of_ada, app)

    assert len(pages) >= 9
    for path, page in pages.items():
        outline = Outline(page)
        assert len(set(outline.ids)) == len(outline.ids), path
        assert all(source and source.startswith("/") for source in outline.scripts), path
        assert outline.inline == [], path


def test_nobodys_text_is_taken_for_html(browser_of_ada: Visitor, house: House, app: str) -> None:
    browser_of_ada.post("/company", name=HOSTILE)
    browser_of_ada.post("/account/name", name=HOSTILE)
    browser_of_ada.post(f"/apps/{app}/settings", name=HOSTILE, domains="acme.io", time_zone="UTC")
    browser_of_ada.post(f"/apps/{app}/settings/keys/api", label=HOSTILE)
    browser_of_ada.post(f"/apps/{app}/team/invitations", note=HOSTILE, role="read_only")
    refused = browser_of_ada.post(
        f"/apps/{app}/settings", name="x", domains=HOSTILE, time_zone=HOSTILE
    )

    pages = pages_of(browser_of_ada, app)
    pages["refused"] = refused.text

    for path, page in pages.items():
        assert "<script>alert" not in page, path
        Outline(page)
        if 'body class="framed"' in page:
            assert "&lt;script&gt;alert(1)" in page, path


def test_a_page_for_htmx_has_no_flash_to_lose(browser_of_ada: Visitor, app: str) -> None:
    browser_of_ada.post(f"/apps/{app}/settings", name="New", domains="", time_zone="UTC")

    part = browser_of_ada.get(f"/apps/{app}/audit", **{"hx-request": "true"}).text
    page = browser_of_ada.get(f"/apps/{app}/settings").text
    again = browser_of_ada.get(f"/apps/{app}/settings").text

    assert "The settings are saved." not in part
    assert "The settings are saved." in page
    assert "The settings are saved." not in again


def test_a_flash_cannot_be_written_by_a_stranger(browser_of_ada: Visitor) -> None:
    browser_of_ada.client.cookies.set("standfast-said", "eyJ0ZXh0IjoiSGVsbG8ifQ.00000000")

    assert "data-toast" not in browser_of_ada.get("/account").text


@pytest.mark.parametrize("theme", ["light", "dark", "auto"])
def test_the_chosen_theme_stands_in_the_page(browser_of_ada: Visitor, theme: str) -> None:
    answer = browser_of_ada.post("/account/theme", theme=theme, back="/account")

    assert answer.headers["location"] == "/account"
    assert f'data-theme="{theme}"' in browser_of_ada.get("/account").text


def test_a_lost_address_is_told_as_a_page_to_people(guest: Visitor) -> None:
    answer = guest.get("/nothing/here")

    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert "<h1>Nothing is here</h1>" in answer.text


def test_assets_are_named_by_their_content_and_kept(guest: Visitor) -> None:
    name, asset = next(iter(assets().items()))

    current = guest.get(f"/console/{asset.hash}/{name}")
    outdated = guest.get(f"/console/000000000000/{name}")

    assert "immutable" in current.headers["cache-control"]
    assert outdated.status_code == 200
    assert outdated.headers["cache-control"] == "no-store"
    assert guest.get("/console/x/../../base.html").status_code == 404


def test_every_page_of_the_menu_is_a_route_with_the_same_permission() -> None:
    wanted = {f"GET /apps/{{app}}{one.path}".rstrip("/"): one for one in ENTRIES}

    assert set(wanted) - set(ACCESS) == set()
    keys = [one.key for one in ENTRIES if one.key]
    assert len(set(keys)) == len(keys)


MACROS = {
    "ui.html": """
        {{ m.mark() }}{{ m.avatar(x) }}{{ m.avatar(x, square=true) }}
        {{ m.badge(x, "good") }}{{ m.badge(x, "warn", "alert") }}{{ m.test_badge() }}
        {{ m.button(x, "primary", "plus", data_x=x) }}{{ m.link_button(x, "/", sign="link") }}
        {{ m.copy(x) }}{{ m.copyable(x) }}
        {{ m.alert(x) }}{% call m.alert(x, "bad") %}{{ x }}{% endcall %}
        {{ m.flash(none) }}{{ m.flash(said) }}
        {% call m.card() %}{{ x }}{% endcall %}{% call m.card(x, x, "c1") %}{{ x }}{% endcall %}
        {{ m.empty(x, x) }}{% call m.empty(x, x, "key") %}{{ x }}{% endcall %}
        {{ m.tabs([(x, "/", true), (x, "/b", false, 3)]) }}{{ m.crumbs([(x, "/")]) }}
        {{ m.when(at) }}{{ m.when(at, "Europe/Berlin", "absolute") }}{{ m.when(none) }}
        {{ m.key_values([(x, x)]) }}
        {{ m.stats([{"label": x, "value": 3}, {"label": x, "value": x, "note": x}]) }}
        {{ m.code(x) }}{{ m.json({"a": [x]}) }}{{ m.shown_once(x, x) }}
    """,
    "forms.html": """
        {{ m.csrf(visit) }}
        {% call m.form(visit, "/", guard=true, hx_post="/") %}{{ x }}{% endcall %}
        {{ m.problem({"": x, "b": x}, ["b"]) }}{{ m.problem({"": x, "c": x}, ["b"]) }}
        {{ m.field("a", x, x, hint=x, errors={"a": x}, optional=true, suffix=x, maxlength=3) }}
        {{ m.text_area("b", x, x, hint=x, errors={"b": x}) }}
        {{ m.select("c", x, [("1", x), ("2", x)], "2", hint=x) }}
        {{ m.suggest("d", x, [x], x) }}
        {{ m.radios("e", x, [("1", x, x), ("2", x, "")], "1", errors={"e": x}) }}
        {{ m.checkbox("f", x, true, x) }}{{ m.switch("g", x, false, x) }}
        {{ m.form_actions(x, "/") }}
        {% call m.confirm(visit, "dlg", x, "/", x, x, fields={"h": x}) %}{{ x }}{% endcall %}
    """,
    "lists.html": """
        {% call m.table(x, [x, (x, "number"), ""]) %}<tr>
        {% call m.cell(x, "number") %}{{ x }}{% endcall %}{% call m.cell() %}{{ x }}{% endcall %}
        </tr>{% endcall %}
        {% call m.filters("/", "list") %}
        {{ m.filter_select("a", x, [("1", x)], "1") }}{{ m.filter_search("b", x, x) }}
        {% endcall %}
        {{ m.pages(1, false, address) }}{{ m.pages(2, true, address) }}
        {% call m.timeline() %}{{ m.moment(x) }}
        {% call m.moment(x, at, tone="good", sign="check") %}{{ x }}{% endcall %}{% endcall %}
        {{ m.changes({"a": x, "b": [x], "r": true}, {"a": none, "c": {"d": x}, "role": "x_y"}) }}
    """,
}


@pytest.mark.parametrize("file", sorted(MACROS))
def test_every_component_is_drawn_and_escapes_what_it_is_given(file: str) -> None:
    names = re.findall(r"macro ([a-z]\w+)\(", (FOLDER / "templates/macros" / file).read_text())
    source = "{% import 'macros/" + file + "' as m %}" + MACROS[file]

    page = (
        environment()
        .from_string(source)
        .render(
            x=HOSTILE,
            at=AT,
            visit=SimpleNamespace(csrf="0"),
            said=SimpleNamespace(text=HOSTILE, is_problem=True),
            address=lambda page: f"/?page={page}",
        )
    )

    assert {name for name in names if f"m.{name}(" not in MACROS[file]} == set()
    assert "<script" not in page
    assert page.count("&lt;script&gt;") >= len(names)
    Outline(page)


def test_every_icon_is_drawn_and_an_unknown_one_is_noticed() -> None:
    drawn = {name: icon(name, HOSTILE) for name in paths()}

    assert all("<script" not in one for one in drawn.values())
    with pytest.raises(KeyError):
        icon("unicorn")


def test_the_light_and_the_dark_page_have_the_same_colours() -> None:
    """Each colour names both of its selves, so that none is forgotten."""
    tokens = (FOLDER.parents[3] / "console/styles/tokens.css").read_text()
    alone = re.findall(r"(--[\w-]+): (?:#|rgb)", tokens)

    assert set(alone) <= {"--on-accent"}
