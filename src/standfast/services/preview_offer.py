"""What a click on a button would cost this visitor, told before it and signed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog

from standfast.clock import Clock
from standfast.config import Durations
from standfast.connectors.redaction import scrub
from standfast.connectors.registry import Registry
from standfast.connectors.slots import Lane
from standfast.connectors.transport import ReadOnlyTransport
from standfast.contract.actions import Order, Preview, RefusalReason, Refused
from standfast.contract.catalogue import Money
from standfast.contract.errors import CallFailed, SettingsRefused, SitePaused, Throttled
from standfast.domain.decision_token import DecisionClaims
from standfast.domain.filling import TraitUnfit, lacks_answer
from standfast.domain.prompt import AttachedAction, Button, ResultTexts
from standfast.domain.quote import (
    added_up,
    claims_of,
    offer_of,
    sentence,
    total,
    without_next,
)
from standfast.domain.visitor import Identity
from standfast.services.check_offer import CheckOffer
from standfast.services.clicked import button_named, one_of, step_named
from standfast.services.errors import (
    FieldInvalid,
    IdentityRefused,
    NotFound,
    OfferRefused,
    SiteSilent,
    TokenRefused,
)
from standfast.services.fill_orders import TooManyRuns, fill_orders, read_visitor_of
from standfast.services.open_site import Site, Sites
from standfast.services.tokens import Tokens
from standfast.services.visitor_words import refused_words
from standfast.store.apps import find_app
from standfast.store.connections import find_connection
from standfast.store.database import Database
from standfast.store.vault import VaultError

PAUSE_SECONDS = 5.0
"""When to ask again a billing system that does not answer and does not say when."""

_log = structlog.get_logger()


@dataclass(frozen=True)
class Wondered:
    """What a page asks the price of. `values` are the form's answers so far."""

    token: str
    step: str
    button: str
    values: Mapping[str, str]


@dataclass(frozen=True)
class Quoted:
    """A price in figures and in a sentence; `quote` is what the click carries.

    `is_estimate`: some part of it is estimated; the sentence says which.
    """

    quote: str
    due_now: Money
    next_charge: Money | None
    on: datetime | None
    is_estimate: bool
    text: str


@dataclass(frozen=True)
class PreviewOffer:
    """Asks the billing systems, writes nothing, and tells nobody but the visitor."""

    database: Database
    sites: Sites
    tokens: Tokens
    offers: CheckOffer
    registry: Registry
    clock: Clock
    durations: Durations

    def preview(self, identity: Identity, asked: Wondered) -> Quoted:
        """What is due now, and the next charge.

        Raises `IdentityRefused`, `TokenRefused`, `FieldInvalid`, `OfferRefused`, `SiteSilent`.
        """
        if not identity.is_signed:
            raise IdentityRefused("A price needs a signed identity.", field="identity")
        now = self.clock.now()
        claims = self._claims(identity, asked, now)
        try:
            return self._quoted(identity, claims, asked, now)
        except _NotKept as error:
            raise self._told(identity, claims, error.refused) from error

    def _quoted(
        self, identity: Identity, claims: DecisionClaims, asked: Wondered, now: datetime
    ) -> Quoted:
        actions = self._actions(claims, asked)
        self._refuse_what_cannot_be_kept(identity, claims, asked, now)
        parts = self._parts(identity, actions, asked.values, now)
        price = total(parts)
        if price is None:
            raise FieldInvalid(_SEVERAL_CURRENCIES, field="button")
        expires_at = now + timedelta(seconds=self.durations.quote)
        said = claims_of(
            parts,
            price,
            app_id=identity.app_id,
            visitor=identity.visitor,
            offer=offer_of(claims, step=asked.step, button=asked.button),
            expires_at=expires_at,
        )
        return Quoted(
            quote=self.tokens.sign_quote(identity.app_id, said),
            due_now=price.due_now,
            next_charge=price.next_charge,
            on=price.next_charge_at,
            is_estimate=price.is_estimate or price.is_due_estimated,
            text=sentence(price, self._zone(identity.app_id)),
        )

    def _told(self, identity: Identity, claims: DecisionClaims, refused: Refused) -> OfferRefused:
        """In the words the visitor would read had they clicked; the operator's are logged."""
        _log.info(
            "price.refused",
            app=identity.app_id,
            prompt=claims.prompt_id,
            reason=refused.reason,
            why=scrub(refused.message),
        )
        shown = self.offers.find_shown(claims)
        texts = shown.texts if shown else ResultTexts()
        return OfferRefused(refused.reason, told=refused_words(texts, refused.reason))

    def _claims(self, identity: Identity, asked: Wondered, now: datetime) -> DecisionClaims:
        try:
            return self.tokens.verify_decision(
                identity.app_id, asked.token, visitor=identity.visitor, now=now
            )
        except TokenRefused as refused:
            refused.field = "token"
            raise

    def _actions(self, claims: DecisionClaims, asked: Wondered) -> tuple[AttachedAction, ...]:
        """What the button does, when every part of it has a price."""
        shown = self.offers.find_shown(claims)
        if shown is None:
            raise _NotKept(RefusalReason.OFFER_CHANGED, "The prompt is no longer published.")
        step = step_named(shown.body, asked.step)
        kind = one_of(Button, asked.button, field="button")
        button = button_named(step, kind, field="button")
        if not button.actions:
            raise FieldInvalid("This button changes nothing, so it has no price.", field="button")
        for action in button.actions:
            self._refuse_without_preview(action)
        return button.actions

    def _refuse_without_preview(self, action: AttachedAction) -> None:
        spec = self.registry.get(action.connector).spec.action(action.action)
        if spec is None or not spec.has_preview:
            named = spec.title if spec else action.action
            raise FieldInvalid(f"{named} cannot tell its price beforehand.", field="button")

    def _refuse_what_cannot_be_kept(
        self, identity: Identity, claims: DecisionClaims, asked: Wondered, now: datetime
    ) -> None:
        refused = self.offers.refusal(
            identity, claims, step=asked.step, button=Button(asked.button), now=now
        )
        if refused is not None:
            raise _NotKept(refused.reason, refused.message)

    def _parts(
        self,
        identity: Identity,
        actions: tuple[AttachedAction, ...],
        values: Mapping[str, str],
        now: datetime,
    ) -> tuple[Preview, ...]:
        clicker = read_visitor_of(self.database, self.registry, identity, actions)
        try:
            orders = fill_orders(self.registry, clicker, actions, answers=values)
        except TraitUnfit as unfit:
            raise _NotKept(RefusalReason.PARAMETER_INVALID, _TRAIT_UNFIT) from unfit
        except TooManyRuns as many:
            raise _NotKept(many.refused.reason, many.refused.message) from many
        told: list[Preview] = []
        for action, runs in zip(actions, orders, strict=True):
            who = clicker.billing_ids[action.connector].value
            parts = added_up([self._part(identity, one, who, now) for one in runs])
            is_open = lacks_answer(action.parameters, values)
            told += [without_next(one) if is_open else one for one in parts]
        return tuple(told)

    def _part(
        self, identity: Identity, action: AttachedAction, billing_id: str, now: datetime
    ) -> Preview:
        order = Order(
            action=action.action,
            parameters=action.parameters,
            billing_id=billing_id,
            user_id=identity.user_id or "",
            reference="",
            token="",
            clicked_at=now,
        )
        try:
            site = self._site(identity.app_id, action.connector)
            reading = ReadOnlyTransport(site.transport)
            found = site.connector.preview(order, reading, site.settings)
        except (CallFailed, SettingsRefused, VaultError) as error:
            _log.warning(
                "price.not_told",
                app=identity.app_id,
                action=action.action,
                error=type(error).__name__,
            )
            raise SiteSilent(retry_after=_pause(error)) from error
        if isinstance(found, Refused):
            raise _NotKept(found.reason, found.message)
        return found

    def _site(self, app_id: str, connector: str) -> Site:
        with self.database.reading() as reader:
            connection = find_connection(reader, app_id, connector)
        if connection is None:
            problem = f"The app has no connection to {connector}."
            raise _NotKept(RefusalReason.CONNECTION_INACTIVE, problem)
        return self.sites.open(connection, Lane.VISITOR)

    def _zone(self, app_id: str) -> ZoneInfo:
        with self.database.reading() as reader:
            app = find_app(reader, app_id)
        if app is None:
            raise NotFound(f"There is no app {app_id}.")
        return ZoneInfo(app.time_zone)


_TRAIT_UNFIT = "A trait of the visitor cannot fill a parameter of the change."
"""No more than that: what a trait holds is personal, and this goes to the log."""
_SEVERAL_CURRENCIES = "The changes of this button are charged in several currencies."


class _NotKept(Exception):
    """The offer cannot be kept; why, as the operator would read it."""

    def __init__(self, reason: RefusalReason, message: str) -> None:
        self.refused = Refused(reason, message)
        super().__init__(message)


def _pause(error: Exception) -> float:
    told = error.after_seconds if isinstance(error, SitePaused | Throttled) else None
    return told if told is not None else PAUSE_SECONDS
