"""Keys of an app, the tag's snippet, and whether the tag was heard."""

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from standfast.domain.roles import Permission
from standfast.services.errors import ServiceRefused
from standfast.services.manage_app import MOST_IDENTITY_KEYS
from standfast.store.keys import Algorithm
from standfast.web.console.door import needs
from standfast.web.console.visit import Answer, Visit

KEYS = needs(Permission.CHANGE_APP)
SNIPPET = """<script>
  window.standfast = window.standfast ||
    function () { (standfast.q = standfast.q || []).push(arguments) };
  standfast("identify", async () => (await fetch("/standfast-token")).text());
</script>
<script async src="%(url)s/tag/v1.js" data-app="%(app)s"></script>"""


class AppKeysPages(Controller):
    path = "/apps/{app:str}/settings/keys"

    @get("/", opt=KEYS, sync_to_thread=True)
    def show(self, visit: NamedDependency[Visit]) -> Answer:
        return _shown(visit)

    @post("/api", opt=KEYS, sync_to_thread=True)
    def create_api_key(self, visit: NamedDependency[Visit]) -> Answer:
        label = visit.form.text("label")
        try:
            key = visit.console.keys.create_api_key(visit.actor, visit.app_id, label=label)
        except ServiceRefused as refused:
            return _shown(visit, refused=refused)
        return _shown(visit, new=[(f"API key “{label}”", key.reveal())])

    @post("/api/revoke", opt=KEYS, sync_to_thread=True)
    def revoke_api_key(self, visit: NamedDependency[Visit]) -> Answer:
        label = visit.form.text("revoked")
        visit.console.keys.revoke_api_key(visit.actor, visit.app_id, label=label)
        return visit.go(_path(visit), said=f"The API key “{label}” is revoked.")

    @post("/identity", opt=KEYS, sync_to_thread=True)
    def create_identity_key(self, visit: NamedDependency[Visit]) -> Answer:
        chosen = visit.form.text("algorithm")
        known = {one.value for one in Algorithm}
        try:
            key = visit.console.keys.create_identity_key(
                visit.actor,
                visit.app_id,
                algorithm=Algorithm(chosen) if chosen in known else Algorithm.HS256,
                public_key=visit.form.text("public_key") or None,
            )
        except ServiceRefused as refused:
            return _shown(visit, refused=refused)
        new = [("Key id (kid)", key.kid)]
        return _shown(visit, new=[*new, ("Secret", key.secret.reveal())] if key.secret else new)

    @post("/identity/{kid:str}/retire", opt=KEYS, sync_to_thread=True)
    def retire_identity_key(self, visit: NamedDependency[Visit], kid: FromPath[str]) -> Answer:
        visit.console.keys.retire_identity_key(visit.actor, visit.app_id, kid)
        return visit.go(_path(visit), said=f"The identity key {kid} is retired.")


def _path(visit: Visit) -> str:
    return f"/apps/{visit.app_id}/settings/keys"


def _shown(
    visit: Visit,
    *,
    new: list[tuple[str, str]] | None = None,
    refused: ServiceRefused | None = None,
) -> Answer:
    """`new` are secrets shown this once: (label, value)."""
    keys = visit.console.keys.list(visit.actor, visit.app_id)
    return visit.page(
        "app/keys.html",
        keys=keys,
        new=new or [],
        may_add_identity=len(keys.identity_keys) < MOST_IDENTITY_KEYS,
        algorithms=[one.value for one in Algorithm],
        sightings=visit.console.tag.list(visit.actor, visit.app_id),
        snippet=SNIPPET % {"app": visit.app_id, "url": visit.base_url},
        refused=refused,
    )
