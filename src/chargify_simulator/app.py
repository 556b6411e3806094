"""The ASGI callable: reads a request and hands it to the control plane or to an exchange."""

from chargify_simulator.control import Control
from chargify_simulator.exchange import Exchange, Receive, Scope, Send, send_answer
from chargify_simulator.fields import query_fields
from chargify_simulator.http import Request, text_answer
from chargify_simulator.twin import Twin


class App:
    def __init__(self, twin: Twin) -> None:
        self.twin = twin
        self.control = Control(twin)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = await _read(scope, receive)
        if request is None:
            return
        if request.path.startswith("/_control"):
            await send_answer(send, await self.control.answer(request))
            return
        room = self.twin.room_for(request)
        if room is None:
            await send_answer(send, text_answer("No such site.\n", 404))
            return
        await Exchange(self.twin, room, request, scope["transport"], receive, send).run()


async def _read(scope: Scope, receive: Receive) -> Request | None:
    body = b""
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    query = scope["query_string"].decode("latin-1")
    return Request(
        method=scope["method"],
        path=scope["raw_path"].decode("latin-1"),
        query=query_fields(query),
        raw_query=query,
        body=body,
        headers={name.decode("latin-1"): v.decode("latin-1") for name, v in scope["headers"]},
    )
