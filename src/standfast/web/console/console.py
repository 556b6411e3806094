"""What the pages are served by. A new page adds the services it needs here and in bootstrap."""

from dataclasses import dataclass

from standfast.clock import Clock
from standfast.services.change_account import ChangeAccount
from standfast.services.change_app import ChangeApp
from standfast.services.list_audit import ListAudit
from standfast.services.manage_company import ManageCompany
from standfast.services.manage_keys import ManageKeys
from standfast.services.manage_team import ManageTeam
from standfast.services.one_time_links import OneTimeLinks
from standfast.services.see_tag import SeeTag
from standfast.services.sign_in import SignIn
from standfast.web.addresses import Addresses


@dataclass(frozen=True)
class Console:
    """`url` is how browsers reach us; it decides whether cookies are Secure."""

    url: str
    clock: Clock
    addresses: Addresses
    sign_in: SignIn
    links: OneTimeLinks
    account: ChangeAccount
    company: ManageCompany
    team: ManageTeam
    app: ChangeApp
    keys: ManageKeys
    tag: SeeTag
    audit: ListAudit

    @property
    def is_secure(self) -> bool:
        return self.url.startswith("https://")
