"""What of one prompt's limits is used, for its page."""

from dataclasses import dataclass

from standfast.clock import Clock
from standfast.contract.catalogue import Money
from standfast.domain.limits import Counter, Scope, day_of
from standfast.domain.prompt import PromptBody
from standfast.domain.roles import Permission
from standfast.services.errors import NotFound
from standfast.services.permissions import Acting
from standfast.store.apps import find_app
from standfast.store.connections import find_connection
from standfast.store.database import Database, Reader
from standfast.store.limits import find_used
from standfast.store.prompts import find_prompt, find_version


@dataclass(frozen=True)
class LimitsOfPrompt:
    """Each pair is (used, most); None where nothing is limited. `once_per_tag`: the tag."""

    accepts: tuple[int, int] | None = None
    accepts_today: tuple[int, int] | None = None
    budget: tuple[Money, Money] | None = None
    once_per_tag: str | None = None

    @property
    def budget_left(self) -> Money | None:
        if self.budget is None:
            return None
        spent, most = self.budget
        left = max(most.amount_in_cents - spent.amount_in_cents, 0)
        return Money(left, most.currency)

    @property
    def is_empty(self) -> bool:
        return self == LimitsOfPrompt()


@dataclass(frozen=True)
class ReadLimits(Acting):
    """Of the published version, since that one counts; of the draft before the first."""

    database: Database
    clock: Clock

    def read(self, app_id: str, prompt_id: str) -> LimitsOfPrompt:
        """Raises `Forbidden`, `NotFound`."""
        self._allow(Permission.EDIT_PROMPTS, app_id)
        with self.database.reading() as reader:
            row = find_prompt(reader, app_id, prompt_id)
            app = find_app(reader, app_id)
            if row is None or app is None:
                raise NotFound("There is no such prompt.", field="prompt")
            version = find_version(reader, prompt_id, row.version) if row.version else None
            body = version.body if version else row.draft
            today = day_of(self.clock.now(), app.time_zone)
            return _read(reader, app_id, prompt_id, body, today)


def _read(
    reader: Reader, app_id: str, prompt_id: str, body: PromptBody, today: str
) -> LimitsOfPrompt:
    limits = body.limits
    accepts = Counter(Scope.ACCEPTS, prompt_id)
    a_day = Counter(Scope.ACCEPTS_A_DAY, prompt_id, today)
    budget = Counter(Scope.BUDGET, prompt_id)
    used = find_used(reader, app_id, (accepts, a_day, budget))
    currency = _currency(reader, app_id, body) if limits.budget else ""
    return LimitsOfPrompt(
        accepts=(used.get(accepts, 0), limits.total) if limits.total is not None else None,
        accepts_today=(used.get(a_day, 0), limits.per_day) if limits.per_day is not None else None,
        budget=(
            Money(used.get(budget, 0), currency),
            Money(limits.budget.amount_in_cents, currency),
        )
        if limits.budget
        else None,
        once_per_tag=limits.once_per_tag,
    )


def _currency(reader: Reader, app_id: str, body: PromptBody) -> str:
    connectors = dict.fromkeys(action.connector for action in body.actions())
    found = (find_connection(reader, app_id, connector) for connector in connectors)
    return next((row.site.currency for row in found if row is not None), "")
