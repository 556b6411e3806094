"""Segments: the list, the builder, and the count that follows every change."""

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from standfast.domain.roles import Permission
from standfast.web.console.door import needs
from standfast.web.console.segments_editor import fill, judge, open_builder, receive, show
from standfast.web.console.segments_words import sentence
from standfast.web.console.visit import Answer, Visit

SEGMENTS = needs(Permission.EDIT_PROMPTS)
MOST_SENT = 512 * 1024
"""A rule of 200 parts is a long form."""


class SegmentPages(Controller):
    path = "/apps/{app:str}/segments"

    @get("/", opt=SEGMENTS, sync_to_thread=True)
    def list(self, visit: NamedDependency[Visit]) -> Answer:
        lines = visit.console.segments.by(visit.actor).list(visit.app_id)
        names = visit.console.prompts.by(visit.actor).names(visit.app_id)
        return visit.page(
            "segments/list.html",
            lines=[(one, sentence(one.row.rule, names)) for one in lines],
        )

    @get("/new", opt=SEGMENTS, sync_to_thread=True)
    def begin(self, visit: NamedDependency[Visit]) -> Answer:
        return show(open_builder(visit, None))

    @post("/new", opt=SEGMENTS, sync_to_thread=True, request_max_body_size=MOST_SENT)
    def create(self, visit: NamedDependency[Visit]) -> Answer:
        return receive(visit, None)

    @post("/count", opt=SEGMENTS, sync_to_thread=True, request_max_body_size=MOST_SENT)
    def count(self, visit: NamedDependency[Visit]) -> Answer:
        """For htmx: what the rule in the form means now."""
        builder = open_builder(visit, None)
        fill(builder)
        return visit.page("segments/count.html", judged=judge(builder))

    @get("/{segment:str}", opt=SEGMENTS, sync_to_thread=True)
    def edit(self, visit: NamedDependency[Visit], segment: FromPath[str]) -> Answer:
        return show(open_builder(visit, segment))

    @post("/{segment:str}", opt=SEGMENTS, sync_to_thread=True, request_max_body_size=MOST_SENT)
    def change(self, visit: NamedDependency[Visit], segment: FromPath[str]) -> Answer:
        return receive(visit, segment)
