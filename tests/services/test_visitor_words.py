"""What a visitor is told of a refusal, and what stays with the operator."""

import pytest

from standfast.contract.actions import RefusalReason
from standfast.domain.prompt import ResultTexts
from standfast.services.visitor_words import REASONS, refused_words

OURS = ResultTexts()
THEIRS = ResultTexts(refused="Sorry! Write to us.")


@pytest.mark.parametrize("reason", RefusalReason)
def test_our_own_text_is_followed_by_why_where_the_visitor_may_know(reason: RefusalReason) -> None:
    told = refused_words(OURS, reason)

    why = REASONS.get(reason, "")
    assert told == (f"{OURS.refused} {why}" if why else OURS.refused)
    assert told.endswith(".")


@pytest.mark.parametrize("reason", RefusalReason)
def test_an_author_s_own_text_stands_alone(reason: RefusalReason) -> None:
    assert refused_words(THEIRS, reason) == THEIRS.refused


@pytest.mark.parametrize("reason", [None, "", "a reason of a later version"])
def test_what_is_not_known_is_not_explained(reason: str | None) -> None:
    assert refused_words(OURS, reason) == OURS.refused


@pytest.mark.parametrize(
    "reason",
    [
        RefusalReason.BILLING_ID_FOREIGN,
        RefusalReason.BILLING_ID_UNMATCHED,
        RefusalReason.CONNECTION_INACTIVE,
        RefusalReason.PARAMETER_INVALID,
        RefusalReason.OTHER,
    ],
)
def test_what_only_the_operator_can_mend_is_not_the_visitor_s_trouble(
    reason: RefusalReason,
) -> None:
    assert refused_words(OURS, reason) == OURS.refused
