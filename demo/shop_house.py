"""Furnishes Standfast for the demo shop through its services, before it serves."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from demo.people import PEOPLE
from demo.ports import Addresses
from demo.prompts import STAYING_ON_BASIC, WITHOUT_PLAN, Plan, cancel, loyalty, upgrade
from demo.settings import AppKeys
from standfast.bootstrap import House, build
from standfast.config import Settings
from standfast.domain.prompt import PromptBody

NAME = "Northwind Boards"


@contextmanager
def open_house(data: Path, addresses: Addresses) -> Generator[House]:
    simulators = (addresses.vendor_host,)
    settings = replace(Settings(), data=data, url=addresses.standfast, simulator_hosts=simulators)
    house = build(settings)
    try:
        yield house
    finally:
        house.close()


def furnish_shop(
    house: House, addresses: Addresses, *, vendor_key: str, pro: Plan, basic: Plan
) -> AppKeys:
    """The app with its keys, a connected and synced billing site, three live prompts."""
    app = house.manage_app.create(NAME, domains=(addresses.shop,))
    identity_key = house.manage_app.create_identity_key(app.id)
    api_key = house.manage_app.create_api_key(app.id, label="shop back end")
    _connect(house, app.id, addresses, vendor_key)
    while house.sync_connections.sync_due():
        pass
    for name, body in _prompts(house, app.id, pro, basic):
        draft = house.publish_prompt.save_draft(app.id, name=name, body=body)
        house.publish_prompt.start(app.id, draft.id, by="demo")
    for person in PEOPLE:
        traits = {"first_name": person.first_name, "company": person.company}
        house.save_visitor.save(app.id, person.user_id, traits=traits)
    assert identity_key.secret is not None
    return AppKeys(app.id, identity_key.kid, identity_key.secret.reveal(), api_key.reveal())


def move_house(house: House, app: AppKeys, addresses: Addresses, *, vendor_key: str) -> None:
    """A later start may find the shop and the billing site at other ports."""
    house.manage_app.change_domains(app.app_id, (addresses.shop,))
    _connect(house, app.app_id, addresses, vendor_key)


def _connect(house: House, app_id: str, addresses: Addresses, vendor_key: str) -> None:
    settings = {"api_key": vendor_key, "domain": addresses.vendor_host}
    house.configure_connection.save(app_id, "chargify", settings)


def _prompts(house: House, app_id: str, pro: Plan, basic: Plan) -> list[tuple[str, PromptBody]]:
    without_plan = house.save_segment.save(app_id, name="Without a plan", rule=WITHOUT_PLAN)
    on_basic = house.save_segment.save(app_id, name="Staying on Basic", rule=STAYING_ON_BASIC)
    return [
        ("Upgrade to Pro", upgrade(pro, without_plan.segment.id)),
        ("Cancel plan", cancel()),
        ("Loyalty offer", loyalty(basic, on_basic.segment.id)),
    ]
