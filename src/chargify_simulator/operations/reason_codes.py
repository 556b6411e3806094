from chargify_simulator.fields import Fields, whole_number
from chargify_simulator.http import Answer, Request, answer
from chargify_simulator.records import ReasonCode
from chargify_simulator.refusals import errors, not_found
from chargify_simulator.routing import Route
from chargify_simulator.site import Site
from chargify_simulator.views import reason_code_view

from .paging import check_page, page_of


def list_reason_codes(site: Site, request: Request) -> Answer:
    check_page(site, request)
    rows = page_of(list(site.reason_codes.values()), request)
    return answer([{"reason_code": reason_code_view(site, each)} for each in rows])


def get_reason_code(site: Site, request: Request) -> ReasonCode:
    reason = site.reason_codes.get(whole_number(request.names["reason"]) or 0)
    if reason is None:
        raise not_found()
    return reason


def read(site: Site, request: Request) -> Answer:
    return answer({"reason_code": reason_code_view(site, get_reason_code(site, request))})


def create(site: Site, request: Request) -> Answer:
    sent = request.fields.nested("reason_code") or Fields({})
    code, description = sent.text("code"), sent.text("description")
    _check(site, code=code, description=description, but=None)
    reason = ReasonCode(
        id=site.new_id("reason_codes"),
        code=code or "",
        description=description or "",
        position=sent.integer("position") or len(site.reason_codes) + 1,
        created_at=site.now,
        updated_at=site.now,
    )
    site.add(site.reason_codes, reason)
    location = f"/reason_codes/{reason.id}"
    return answer({"reason_code": reason_code_view(site, reason)}, 201, location=location)


def update(site: Site, request: Request) -> Answer:
    reason = get_reason_code(site, request)
    sent = request.fields.nested("reason_code") or Fields({})
    code = sent.text("code") if "code" in sent else reason.code
    description = sent.text("description") if "description" in sent else reason.description
    _check(site, code=code, description=description, but=reason)
    reason.code, reason.description = code or "", description or ""
    reason.position = sent.integer("position") or reason.position
    site.touch(reason)
    return answer({"reason_code": reason_code_view(site, reason)})


def delete(site: Site, request: Request) -> Answer:
    site.remove(site.reason_codes, get_reason_code(site, request))
    return answer({"ok": "ok"})


def _check(
    site: Site, *, code: str | None, description: str | None, but: ReasonCode | None
) -> None:
    keys: list[str] = []
    if not code:
        keys.append("reason_code.code_blank")
    if any(each.code == code and each is not but for each in site.reason_codes.values()):
        keys.append("reason_code.code_taken")
    if not description:
        keys.append("reason_code.description_blank")
    if keys:
        raise errors(*(site.say(key) for key in keys))


ROUTES = [
    Route("GET", "/reason_codes.json", list_reason_codes),
    Route("POST", "/reason_codes.json", create),
    Route("GET", "/reason_codes/{reason}.json", read),
    Route("PUT", "/reason_codes/{reason}.json", update),
    Route("DELETE", "/reason_codes/{reason}.json", delete),
]
