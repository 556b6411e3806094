"""The sealed chain: how it stands, whether it verifies, and its export."""

import time
from collections.abc import Iterator
from typing import Any

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.response import Stream

from standfast.domain.roles import Permission
from standfast.services.verify_audit import Progress
from standfast.web.console.door import needs
from standfast.web.console.headers import HEADERS
from standfast.web.console.visit import Answer, Visit

LONGEST_SECONDS = 10.0
"""A longer chain is verified on the command line."""

OF_APP = needs(Permission.CHANGE_APP)
OF_COMPANY = needs(Permission.CHANGE_COMPANY)


class AuditChainPages(Controller):
    @get("/apps/{app:str}/audit/verify", opt=OF_APP, sync_to_thread=True)
    def verify_for_app(self, visit: NamedDependency[Visit]) -> Answer:
        return _verified(visit, visit.app_id)

    @get("/company/audit/verify", opt=OF_COMPANY, sync_to_thread=True)
    def verify(self, visit: NamedDependency[Visit]) -> Answer:
        return _verified(visit, None)

    @get("/apps/{app:str}/audit/export", opt=OF_APP, sync_to_thread=True)
    def export_for_app(self, visit: NamedDependency[Visit]) -> Stream:
        return _exported(visit, visit.app_id)

    @get("/company/audit/export", opt=OF_COMPANY, sync_to_thread=True)
    def export(self, visit: NamedDependency[Visit]) -> Stream:
        return _exported(visit, None)


def _verified(visit: Visit, app_id: str | None) -> Answer:
    verifying = visit.console.verifying.by(visit.actor)
    return visit.page(
        "app/chain.html",
        state=verifying.state(app_id),
        verdict=verifying.whole(app_id=app_id, progress=_for_a_while()),
        longest=int(LONGEST_SECONDS),
        back=visit.here.removesuffix("/verify"),
    )


def _for_a_while() -> Progress:
    until = time.monotonic() + LONGEST_SECONDS
    return lambda _done, _every: time.monotonic() < until


def _exported(visit: Visit, app_id: str | None) -> Stream:
    lines: Iterator[bytes] = visit.console.audit_exporting.by(visit.actor).lines(app_id)
    return Stream(
        lines,
        media_type="application/jsonl; charset=utf-8",
        headers=as_file(f"audit-{app_id or 'all'}.jsonl"),
    )


def as_file(name: str) -> dict[str, Any]:
    return {**HEADERS, "content-disposition": f'attachment; filename="{name}"'}
