"""The import of visitors in three steps: a file, its columns, what came of it.

Between the steps the file travels in the form itself, packed: no server keeps it, and every step
works on any process. It needs no signature: whoever may send it could as well upload it.
"""

import zlib
from base64 import b64decode, b64encode
from dataclasses import dataclass

from litestar import Controller, Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency

from standfast.domain.roles import Permission
from standfast.services.errors import FieldInvalid
from standfast.services.import_visitors import Checked, rejected_csv
from standfast.services.read_csv import (
    MOST_BYTES,
    Column,
    ColumnKind,
    Table,
    read_table,
    trait_key,
)
from standfast.web.console.door import needs
from standfast.web.console.headers import HEADERS
from standfast.web.console.visit import Answer, Visit

CHANGE = needs(Permission.CHANGE_VISITORS)
MOST_SENT = 12 * 1024 * 1024
SHOWN_ROWS = 5
SHOWN_ERRORS = 100
KINDS = {
    ColumnKind.SKIP: "Leave out",
    ColumnKind.USER_ID: "Your user id",
    ColumnKind.TEXT: "Text",
    ColumnKind.NUMBER: "Number",
    ColumnKind.YES_OR_NO: "Yes or no",
    ColumnKind.DATE: "Date",
    ColumnKind.LIST: "List (a; b; c)",
}


@dataclass(frozen=True)
class Upload:
    """The file and how its columns are to be read."""

    name: str
    packed: str
    table: Table
    columns: tuple[Column, ...]


class VisitorImportPages(Controller):
    path = "/apps/{app:str}/visitors/import"

    @get("/", opt=CHANGE, sync_to_thread=True)
    def ask(self, visit: NamedDependency[Visit]) -> Answer:
        return _asked(visit)

    @post("/", opt=CHANGE, request_max_body_size=MOST_SENT)
    async def upload(self, visit: NamedDependency[Visit]) -> Answer:
        file = visit.form.file("file")
        content = await _content(file)
        return _previewed(visit, file.filename if file else "", content)

    @post("/check", opt=CHANGE, sync_to_thread=True, request_max_body_size=MOST_SENT)
    def check(self, visit: NamedDependency[Visit]) -> Answer:
        return _with_upload(visit, is_final=False)

    @post("/run", opt=CHANGE, sync_to_thread=True, request_max_body_size=MOST_SENT)
    def run(self, visit: NamedDependency[Visit]) -> Answer:
        return _with_upload(visit, is_final=True)

    @post("/rejected", opt=CHANGE, sync_to_thread=True, request_max_body_size=MOST_SENT)
    def rejected(self, visit: NamedDependency[Visit]) -> Response[bytes]:
        try:
            upload = _received(visit)
            checked = _check(visit, upload)
        except FieldInvalid as refused:
            return _asked(visit, str(refused))
        headers = {**HEADERS, "content-disposition": 'attachment; filename="rejected-rows.csv"'}
        return Response(
            rejected_csv(upload.table, checked.rejected),
            status_code=200,
            media_type="text/csv; charset=utf-8",
            headers=headers,
        )


async def _content(file: UploadFile | None) -> bytes:
    """One byte more than is allowed is enough to refuse it."""
    return await file.read(MOST_BYTES + 1) if file else b""


def _asked(visit: Visit, problem: str = "") -> Answer:
    status = 422 if problem else 200
    faults = {"file": problem} if problem else {}
    system = sorted(visit.console.imports.system_traits)
    return visit.page("visitors/import.html", status=status, faults=faults, system=system)


def _previewed(visit: Visit, name: str, content: bytes) -> Answer:
    try:
        table = read_table(content)
    except FieldInvalid as refused:
        return _asked(visit, str(refused))
    columns = visit.console.imports.by(visit.actor).suggest(visit.app_id, table)
    return _shown(visit, Upload(name, _pack(content), table, columns))


def _with_upload(visit: Visit, *, is_final: bool) -> Answer:
    try:
        upload = _received(visit)
    except FieldInvalid as refused:
        return _asked(visit, str(refused))
    if not is_final:
        return _shown(visit, upload)
    try:
        imports = visit.console.imports.by(visit.actor)
        imported = imports.run(visit.app_id, upload.table, upload.columns)
    except FieldInvalid as refused:
        return _shown(visit, upload, refused)
    return visit.page(
        "visitors/imported.html",
        upload=upload,
        imported=imported,
        rejected=imported.rejected[:SHOWN_ERRORS],
    )


def _shown(visit: Visit, upload: Upload, refused: FieldInvalid | None = None) -> Answer:
    checked, faults = None, {}
    try:
        checked = _check(visit, upload)
    except FieldInvalid as problem:
        faults = {problem.field or "": str(problem)}
    return visit.page(
        "visitors/import_columns.html",
        status=422 if refused else 200,
        upload=upload,
        checked=checked,
        faults=faults,
        kinds=[(kind.value, label) for kind, label in KINDS.items()],
        sample=upload.table.rows[:SHOWN_ROWS],
        rejected=checked.rejected[:SHOWN_ERRORS] if checked else (),
        system=visit.console.imports.system_traits,
    )


def _check(visit: Visit, upload: Upload) -> Checked:
    imports = visit.console.imports.by(visit.actor)
    return imports.check(visit.app_id, upload.table, upload.columns)


def _received(visit: Visit) -> Upload:
    """Raises `FieldInvalid` where the file did not survive the way."""
    packed = visit.form.secret("packed")
    table = read_table(_unpack(packed))
    columns = tuple(
        _column(visit, place, trait_key(name)) for place, name in enumerate(table.header)
    )
    return Upload(visit.form.text("file_name"), packed, table, columns)


def _column(visit: Visit, place: int, key: str) -> Column:
    kind = visit.form.text(f"columns[{place}].kind")
    chosen = ColumnKind(kind) if kind in {one.value for one in ColumnKind} else ColumnKind.SKIP
    return Column(chosen, visit.form.text(f"columns[{place}].trait") or key)


def _pack(content: bytes) -> str:
    return b64encode(zlib.compress(content, 6)).decode()


def _unpack(packed: str) -> bytes:
    """Never more than a file may have, whatever was sent."""
    try:
        unpacker = zlib.decompressobj()
        content = unpacker.decompress(b64decode(packed, validate=True), MOST_BYTES + 1)
    except (ValueError, zlib.error) as error:
        raise FieldInvalid("The file got lost. Choose it again.", field="file") from error
    return content
