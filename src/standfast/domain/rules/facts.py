"""What a rule may ask about one visitor at one moment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from standfast.contract.records import BillingRecord
from standfast.domain.visitor import PromptHistory, TraitValue

FactValue: TypeAlias = TraitValue | datetime
FactMap: TypeAlias = Mapping[str, FactValue]

PAGE = "page."
PROMPT = "prompt."


@dataclass(frozen=True)
class Facts:
    """Values by name, one map per name space, and the records of each collection."""

    traits: FactMap = field(default_factory=dict[str, FactValue])
    page: FactMap = field(default_factory=dict[str, FactValue])
    prompts: FactMap = field(default_factory=dict[str, FactValue])
    subscriptions: Sequence[FactMap] = ()

    def value_of(self, trait: str) -> FactValue:
        """None where it is not set."""
        if trait.startswith(PAGE):
            return self.page.get(trait.removeprefix(PAGE))
        if trait.startswith(PROMPT):
            return self.prompts.get(trait.removeprefix(PROMPT))
        return self.traits.get(trait)

    def records_of(self, collection: str) -> Sequence[FactMap]:
        return self.subscriptions if collection == "subscription" else ()


def prompt_facts(history: Mapping[str, PromptHistory]) -> dict[str, FactValue]:
    """For every prompt the visitor has met: "<id>.accepted" and "<id>.seen"."""
    facts: dict[str, FactValue] = {}
    for prompt_id, past in history.items():
        facts[f"{prompt_id}.accepted"] = past.accepted_at is not None
        facts[f"{prompt_id}.seen"] = past.impressions > 0
    return facts


def record_facts(record: BillingRecord) -> dict[str, FactValue]:
    """A billing record under the field names of the collection `subscription`."""
    return {
        "id": record.external_id,
        "state": record.state,
        "standing": str(record.standing),
        "plan": record.plan_external_id,
        "plan_name": record.plan_name,
        "price_point": record.price_point_external_id,
        "price_in_cents": record.price.amount_in_cents if record.price else None,
        "currency": record.price.currency if record.price else None,
        "coupons": list(record.coupon_codes),
        "has_payment_method": record.has_payment_method,
        "ends_at_period_end": record.ends_at_period_end,
        "created_at": record.created_at,
        "updated_at": record.updated_at,
        "current_period_ends_at": record.current_period_ends_at,
        "trial_ends_at": record.trial_ends_at,
        "canceled_at": record.canceled_at,
    }
