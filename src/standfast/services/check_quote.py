"""Whether a click carries the price that its visitor was shown for it."""

from dataclasses import dataclass
from datetime import datetime

from standfast.contract.actions import Preview, RefusalReason, Refused
from standfast.domain.decision_token import DecisionClaims, TokenExpired, TokenForeign, TokenInvalid
from standfast.domain.quote import offer_of, parts_of
from standfast.services.tokens import Tokens

NOT_SHOWN = "The prompt shows the price first, and the click came without one."
NOT_OURS = "The price it came with is not one of ours: somebody made or changed it."
OVER = "The price it came with is over. A price holds for 15 minutes."
ANOTHERS = "The price it came with was given to another visitor or app."
CHANGED = "The customer's subscriptions have changed since the price was shown."
FOR_ANOTHER = "The price it came with is for another offer, version, step or button."


@dataclass(frozen=True)
class CheckQuote:
    tokens: Tokens

    def agreed(
        self,
        claims: DecisionClaims,
        quote: str | None,
        *,
        step: str,
        button: str,
        runs: int | None,
        is_needed: bool,
        now: datetime,
    ) -> tuple[Preview, ...] | Refused:
        """What was shown for each of so many runs; nothing where no price was needed or sent.

        `runs` is None where there will be none, since the offer cannot be kept.
        """
        if quote is None:
            return _refused(NOT_SHOWN) if is_needed else ()
        try:
            said = self.tokens.read_quote(claims.app_id, quote, visitor=claims.visitor, now=now)
        except TokenExpired:
            return _refused(OVER)
        except TokenForeign:
            return _refused(ANOTHERS)
        except TokenInvalid:
            return _refused(NOT_OURS)
        if said.offer != offer_of(claims, step=step, button=button):
            return _refused(FOR_ANOTHER)
        is_as_shown = runs is None or len(said.dues) == runs
        return parts_of(said) if is_as_shown else _refused(CHANGED)


def _refused(message: str) -> Refused:
    return Refused(RefusalReason.QUOTE_REFUSED, message)
