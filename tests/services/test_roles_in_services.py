"""What a role may not do is refused by the use case itself, whichever page asked."""

from collections.abc import Callable
from contextlib import suppress

import pytest

from builders import a_prompt, a_rule
from clocks import FrozenClock
from deciding import CONNECTION, PAGE, DecidingRig
from standfast.config import Durations
from standfast.connectors.registry import Registry
from standfast.domain.roles import PERMISSIONS, Permission, Role
from standfast.services.errors import NotFound
from standfast.services.get_run import GetRun
from standfast.services.get_visitor import GetVisitor
from standfast.services.permissions import Actor, Forbidden
from standfast.services.run_deeds import RunDeeds
from standfast.services.sync_connection import SyncConnections
from standfast.store.audit import AuditFilter, list_entries
from standfast.store.database import Database
from standfast.store.syncs import What, add_schedules

RULE = a_rule()

Deed = Callable[[DecidingRig, Actor], object]

DEEDS: list[tuple[str, Permission, Deed]] = [
    (
        "save a draft",
        Permission.EDIT_PROMPTS,
        lambda rig, actor: rig.prompts.by(actor).save_draft(rig.app_id, name="A", body=a_prompt()),
    ),
    (
        "preflight",
        Permission.EDIT_PROMPTS,
        lambda rig, actor: rig.prompts.by(actor).preflight(rig.app_id, "prm_none"),
    ),
    (
        "start",
        Permission.EDIT_PROMPTS,
        lambda rig, actor: rig.prompts.by(actor).start(rig.app_id, "prm_none", by="x"),
    ),
    (
        "pause",
        Permission.EDIT_PROMPTS,
        lambda rig, actor: rig.prompts.by(actor).pause(rig.app_id, "prm_none"),
    ),
    (
        "resume",
        Permission.EDIT_PROMPTS,
        lambda rig, actor: rig.prompts.by(actor).resume(rig.app_id, "prm_none"),
    ),
    (
        "end",
        Permission.EDIT_PROMPTS,
        lambda rig, actor: rig.prompts.by(actor).end(rig.app_id, "prm_none"),
    ),
    (
        "save a segment",
        Permission.EDIT_PROMPTS,
        lambda rig, actor: rig.segments.by(actor).save(rig.app_id, name="S", rule=RULE),
    ),
    (
        "change the holdout",
        Permission.CHANGE_VISITORS,
        lambda rig, actor: rig.holdout.by(actor).change(rig.app_id, 5),
    ),
    (
        "save a visitor",
        Permission.CHANGE_VISITORS,
        lambda rig, actor: rig.visitors.by(actor).save(rig.app_id, "ann", {}),
    ),
    (
        "explain",
        Permission.SEE_VISITORS,
        lambda rig, actor: rig.explaining.by(actor).explain(rig.app_id, "ann", PAGE),
    ),
    (
        "look a visitor up",
        Permission.SEE_VISITORS,
        lambda rig, actor: GetVisitor(rig.database).by(actor).get(rig.app_id, "ann"),
    ),
    (
        "read a run",
        Permission.SEE_RUN_DETAIL,
        lambda rig, actor: GetRun(rig.database).by(actor).get(rig.app_id, "none"),
    ),
    (
        "undo a run",
        Permission.REDO_RUNS,
        lambda rig, actor: _runs(rig).by(actor).undo.undo(rig.app_id, "none", reason="x"),
    ),
    (
        "see what an undo would do",
        Permission.REDO_RUNS,
        lambda rig, actor: _runs(rig).by(actor).undo.plan(rig.app_id, "none"),
    ),
    (
        "run again",
        Permission.REDO_RUNS,
        lambda rig, actor: _runs(rig).by(actor).again.run_again(rig.app_id, "none", reason="x"),
    ),
    (
        "see what running again would do",
        Permission.REDO_RUNS,
        lambda rig, actor: _runs(rig).by(actor).again.plan(rig.app_id, "none"),
    ),
    (
        "record that it happened",
        Permission.REDO_RUNS,
        lambda rig, actor: (
            _runs(rig).by(actor).finding.it_happened(rig.app_id, "none", note="x", reference="1")
        ),
    ),
    (
        "record that it did not happen",
        Permission.REDO_RUNS,
        lambda rig, actor: (
            _runs(rig).by(actor).finding.it_did_not_happen(rig.app_id, "none", note="x")
        ),
    ),
    (
        "look up once more",
        Permission.REDO_RUNS,
        lambda rig, actor: _runs(rig).by(actor).finding.look_up_again(rig.app_id, "none"),
    ),
    (
        "close an incident",
        Permission.REDO_RUNS,
        lambda rig, actor: _runs(rig).by(actor).incident.close(rig.app_id, "none", note="x"),
    ),
    (
        "sync now",
        Permission.USE_CONNECTIONS,
        lambda rig, actor: _syncs(rig).by(actor).request(CONNECTION),
    ),
]


def _runs(rig: DecidingRig) -> RunDeeds:
    return RunDeeds.build(rig.database, Registry([]), rig.clock, Durations())


def _syncs(rig: DecidingRig) -> SyncConnections:
    return SyncConnections(rig.database, _NoSites(), rig.clock, Durations())


class _NoSites:
    def open(self, connection, lane):
        raise AssertionError("asking for a sync opens no site")


@pytest.fixture
def rig(embedded_database: Database, clock: FrozenClock) -> DecidingRig:
    rig = DecidingRig(embedded_database, clock)
    with rig.database.writing() as transaction:
        add_schedules(transaction, CONNECTION, {What.CATALOGUE: 900}, now=clock.now())
    return rig


def an_actor(role: Role | None, app_id: str) -> Actor:
    if role is Role.COMPANY_ADMIN:
        return Actor("op", "Olga", role)
    return Actor("op", "Olga", None, {} if role is None else {app_id: role})


@pytest.mark.parametrize("role", [*Role, None])
@pytest.mark.parametrize(
    ("permission", "deed"), [(one[1], one[2]) for one in DEEDS], ids=[one[0] for one in DEEDS]
)
def test_a_use_case_is_open_to_exactly_the_roles_of_the_table(
    rig: DecidingRig, role: Role | None, permission: Permission, deed: Deed
):
    actor = an_actor(role, rig.app_id)
    may = role is not None and permission in PERMISSIONS[role]

    if may:
        _tolerating_absence(deed, rig, actor)
    else:
        with pytest.raises(Forbidden) as refused:
            deed(rig, actor)
        assert refused.value.permission is permission


def test_a_role_in_one_app_means_nothing_in_another(rig: DecidingRig):
    stranger = Actor("op", "Olga", None, {"app_other": Role.APP_ADMIN})

    with pytest.raises(Forbidden):
        rig.segments.by(stranger).save(rig.app_id, name="S", rule=RULE)


def test_a_change_is_noted_with_who_made_it_and_what_it_was(rig: DecidingRig):
    olga = an_actor(Role.APP_ADMIN, rig.app_id)

    rig.holdout.by(olga).change(rig.app_id, 5)

    with rig.database.reading() as reader:
        entry = list_entries(reader, AuditFilter(app_id=rig.app_id), offset=0, limit=1)[0]
    assert (entry.actor_name, entry.deed) == ("Olga", "app.holdout_changed")
    assert (entry.before, entry.after) == ({"holdout_percent": 0}, {"holdout_percent": 5})


def _tolerating_absence(deed: Deed, rig: DecidingRig, actor: Actor) -> None:
    """The role is let in; that there is nothing under the id is another matter."""
    with suppress(NotFound):
        deed(rig, actor)
