"""Judges once more, at the click, whether the offer that was shown can be kept."""

from dataclasses import replace
from datetime import datetime

import msgspec

from standfast.contract.actions import RefusalReason, Refused
from standfast.domain.decision import accept_refusal
from standfast.domain.decision_token import DecisionClaims
from standfast.domain.gates import Case
from standfast.domain.prompt import AttachedAction, Button
from standfast.domain.request import DecideRequest
from standfast.domain.snapshot import CompiledPrompt
from standfast.domain.visitor import Identity
from standfast.services.read_situation import Situations
from standfast.services.snapshots import Snapshots

NO_PAGE = DecideRequest()


class CheckOffer:
    """Gates 1, 3, 9 and 10 again, for the version that was shown."""

    def __init__(self, situations: Situations, snapshots: Snapshots) -> None:
        self._situations = situations
        self._snapshots = snapshots

    def refusal(
        self,
        identity: Identity,
        claims: DecisionClaims,
        *,
        step: str,
        button: Button,
        now: datetime,
    ) -> Refused | None:
        """Why the click on what these claims say was shown must not be acted on, or None.

        A paused or ended prompt, a button that was never shown and a suppressed visitor are
        `OFFER_CHANGED`; the rest are the reasons of gate 10 (a retired plan: `PLAN_RETIRED`).
        A newer version of the prompt does not matter: what was shown counts.
        """
        current = self._snapshots.current(identity.app_id)
        shown = self.find_shown(claims)
        live = current.find_prompt(claims.prompt_id)
        if shown is None or live is None:
            return Refused(RefusalReason.OFFER_CHANGED, "The prompt is no longer live.")
        today = replace(shown, live=msgspec.structs.replace(shown.live, status=live.live.status))
        actions = _actions(today, step, button)
        situation = self._situations.read(identity, NO_PAGE, current, now, actions=actions)
        return accept_refusal(Case(today, situation), step=step, button=button)

    def find_shown(self, claims: DecisionClaims) -> CompiledPrompt | None:
        """The prompt as it was when the token was signed, with the pinned parameters."""
        snapshot = self._snapshots.by_hash(claims.app_id, claims.snapshot_hash)
        prompt = snapshot.find_prompt(claims.prompt_id) if snapshot else None
        return prompt if prompt is not None and prompt.live.version == claims.version else None


def _actions(prompt: CompiledPrompt, step: str, button: Button) -> tuple[AttachedAction, ...]:
    shown = prompt.body.step(step)
    clicked = shown.buttons.get(button) if shown else None
    return clicked.actions if clicked else ()
