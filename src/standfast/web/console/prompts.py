"""Prompts: the list, the editor, and what becomes of a prompt."""

from urllib.parse import urlencode

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from standfast.domain.roles import Permission
from standfast.services.errors import FieldInvalid
from standfast.services.publish_prompt import PreflightFailed
from standfast.services.read_prompts import PromptLine, PromptList
from standfast.web.console.door import needs
from standfast.web.console.headers import HEADERS
from standfast.web.console.prompts_editor import open_editor, receive, show
from standfast.web.console.prompts_starts import STARTS
from standfast.web.console.prompts_words import STATES, differences, obstacle
from standfast.web.console.render import render
from standfast.web.console.stop_words import told_cancelled
from standfast.web.console.visit import HTML, Answer, Visit

EDIT = needs(Permission.EDIT_PROMPTS)


class PromptPages(Controller):
    path = "/apps/{app:str}/prompts"

    @get("/", opt=needs(Permission.SEE_REPORTS), sync_to_thread=True)
    def list(self, visit: NamedDependency[Visit]) -> Answer:
        found = visit.console.prompts.by(visit.actor).list(visit.app_id)
        state, text = visit.asked("state"), visit.asked("search")
        return visit.page(
            "prompts/list.html",
            lines=[one for one in found.lines if _fits(one, state, text)],
            total=len(found.lines),
            views=_views(visit, found, state, text),
            state=state,
            text=text,
            states=STATES,
            starts=STARTS,
            may_edit=visit.may(Permission.EDIT_PROMPTS),
        )

    @get("/new", opt=EDIT, sync_to_thread=True)
    def begin(self, visit: NamedDependency[Visit]) -> Answer:
        return show(open_editor(visit, None))

    @post("/new", opt=EDIT, sync_to_thread=True)
    def create(self, visit: NamedDependency[Visit]) -> Answer:
        return receive(visit, None)

    @get("/preview", opt=EDIT, sync_to_thread=True)
    def preview(self, visit: NamedDependency[Visit]) -> Answer:
        """The frame the tag draws in; only our own pages may hold it."""
        policy = HEADERS["content-security-policy"].replace(
            "frame-ancestors 'none'", "frame-ancestors 'self'"
        )
        headers = {**HEADERS, "content-security-policy": policy, "x-frame-options": "SAMEORIGIN"}
        body = render("prompts/preview.html", script=visit.console.preview_path)
        return Response(body.encode(), media_type=HTML, headers=headers)

    @get("/{prompt:str}", opt=EDIT, sync_to_thread=True)
    def edit(self, visit: NamedDependency[Visit], prompt: FromPath[str]) -> Answer:
        return show(open_editor(visit, prompt))

    @post("/{prompt:str}", opt=EDIT, sync_to_thread=True)
    def change(self, visit: NamedDependency[Visit], prompt: FromPath[str]) -> Answer:
        return receive(visit, prompt)

    @post("/{prompt:str}/pause", opt=EDIT, sync_to_thread=True)
    def pause(self, visit: NamedDependency[Visit], prompt: FromPath[str]) -> Answer:
        visit.console.publishing.by(visit.actor).pause(visit.app_id, prompt)
        return visit.go(_path(visit, prompt), said="The prompt is paused. Nobody sees it.")

    @post("/{prompt:str}/resume", opt=EDIT, sync_to_thread=True)
    def resume(self, visit: NamedDependency[Visit], prompt: FromPath[str]) -> Answer:
        try:
            visit.console.publishing.by(visit.actor).resume(visit.app_id, prompt)
        except PreflightFailed as refused:
            told = f"It cannot go live as it is. {obstacle(refused.findings)}"
            return visit.go(_path(visit, prompt), said=told, is_problem=True)
        return visit.go(_path(visit, prompt), said="The prompt is live again.")

    @post("/{prompt:str}/end", opt=EDIT, sync_to_thread=True)
    def end(self, visit: NamedDependency[Visit], prompt: FromPath[str]) -> Answer:
        visit.console.publishing.by(visit.actor).end(visit.app_id, prompt)
        return visit.go(_path(visit, prompt), said="The prompt has ended.")

    @post("/{prompt:str}/stop", opt=EDIT, sync_to_thread=True)
    def stop(self, visit: NamedDependency[Visit], prompt: FromPath[str]) -> Answer:
        stopping = visit.console.stopping.by(visit.actor)
        try:
            stopped = stopping.stop(visit.app_id, prompt, reason=visit.form.text("reason"))
        except FieldInvalid as refused:
            told = f"It was not stopped. {refused}"
            return visit.go(_path(visit, prompt), said=told, is_problem=True)
        said = f"The prompt is stopped. Nobody sees it. {told_cancelled(stopped)}".rstrip()
        return visit.go(_path(visit, prompt), said=said)

    @post("/{prompt:str}/clone", opt=EDIT, sync_to_thread=True)
    def clone(self, visit: NamedDependency[Visit], prompt: FromPath[str]) -> Answer:
        view = visit.console.prompts.by(visit.actor).get(visit.app_id, prompt)
        row = visit.console.publishing.by(visit.actor).save_draft(
            visit.app_id, name=f"{view.row.name} (copy)", body=view.row.draft
        )
        return visit.go(_path(visit, row.id), said="This is the copy. It is a draft.")

    @get("/{prompt:str}/versions", opt=EDIT, sync_to_thread=True)
    def versions(self, visit: NamedDependency[Visit], prompt: FromPath[str]) -> Answer:
        view = visit.console.prompts.by(visit.actor).get(visit.app_id, prompt)
        bodies = {"draft": view.row.draft} | {str(one.version): one.body for one in view.versions}
        newest = str(view.row.version)
        older = str(max(view.row.version - 1, 1))
        chosen = (visit.asked("old") or older, visit.asked("new") or newest)
        old, new = (bodies.get(one, view.row.draft) for one in chosen)
        return visit.page(
            "prompts/versions.html",
            view=view,
            chosen=chosen,
            choices=[
                ("draft", "The draft"),
                *((str(one.version), f"Version {one.version}") for one in view.versions),
            ],
            changes=differences(old, new),
        )

    @post("/{prompt:str}/restore", opt=EDIT, sync_to_thread=True)
    def restore(self, visit: NamedDependency[Visit], prompt: FromPath[str]) -> Answer:
        view = visit.console.prompts.by(visit.actor).get(visit.app_id, prompt)
        wanted = visit.form.text("version")
        found = next((one for one in view.versions if str(one.version) == wanted), None)
        if found is None:
            return visit.go(_path(visit, prompt), said="There is no such version.", is_problem=True)
        visit.console.publishing.by(visit.actor).save_draft(
            visit.app_id, name=view.row.name, body=found.body, prompt_id=prompt
        )
        return visit.go(_path(visit, prompt), said=f"The draft is version {wanted} again.")


def _path(visit: Visit, prompt_id: str) -> str:
    return visit.app_path(f"/prompts/{prompt_id}")


def _views(
    visit: Visit, found: PromptList, state: str, text: str
) -> list[tuple[str, str, bool, int]]:
    """One tab per state that some prompt is in."""

    def address(chosen: str) -> str:
        words = {"state": chosen, "search": text}
        query = urlencode({name: value for name, value in words.items() if value})
        return f"{visit.here}?{query}" if query else visit.here

    views = [("All", address(""), not state, len(found.lines))]
    for one, (label, _) in STATES.items():
        if found.counts[one]:
            views.append((label, address(one), state == one, found.counts[one]))
    return views


def _fits(line: PromptLine, state: str, text: str) -> bool:
    return (not state or line.row.status == state) and text.lower() in line.row.name.lower()
