"""Hands out what static/ holds."""

from litestar import Controller, Response, get
from litestar.params import FromPath

from standfast.services.errors import NotFound
from standfast.web.console.assets import FOREVER, assets
from standfast.web.console.door import open_to_all


class StaticFiles(Controller):
    path = "/console"

    @get("/{content_hash:str}/{name:str}", opt=open_to_all(), sync_to_thread=False)
    def send(self, content_hash: FromPath[str], name: FromPath[str]) -> Response[bytes]:
        """An address of an older version is answered with today's file, but not for ever."""
        asset = assets().get(name)
        if asset is None:
            raise NotFound("There is no such file.")
        is_current = content_hash == asset.hash
        return Response(
            content=asset.body,
            status_code=200,
            media_type=asset.media_type,
            headers={
                "cache-control": FOREVER if is_current else "no-store",
                "x-content-type-options": "nosniff",
            },
        )
