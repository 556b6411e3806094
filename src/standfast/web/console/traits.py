"""Traits: what is known of visitors, and how well it leads to customers."""

from dataclasses import dataclass
from urllib.parse import urlencode

from litestar import Controller, get
from litestar.di import NamedDependency

from standfast.domain.roles import Permission
from standfast.services.read_traits import SystemTraitView
from standfast.web.console.door import needs
from standfast.web.console.visit import Answer, Visit

WIDTH = 600


@dataclass(frozen=True)
class Part:
    """One stretch of the bar, in units of its drawing."""

    label: str
    tone: str
    having: str
    count: int
    x: float
    width: float


class TraitPages(Controller):
    @get(
        "/apps/{app:str}/traits",
        opt=needs(Permission.CHANGE_VISITORS),
        sync_to_thread=True,
    )
    def show(self, visit: NamedDependency[Visit]) -> Answer:
        traits = visit.console.traits.by(visit.actor).read(visit.app_id)

        def visitors(trait: str, having: str) -> str:
            query = urlencode({"trait": trait, "having": having})
            return visit.app_path(f"/visitors?{query}")

        return visit.page(
            "traits/traits.html",
            traits=traits,
            system=[(one, bar(one, traits.visitors)) for one in traits.system],
            visitors=visitors,
            bar_width=WIDTH,
        )


def bar(trait: SystemTraitView, total: int) -> tuple[Part, ...]:
    """Match, do not match, without: side by side, none of them invisible."""
    counts = (
        ("match a customer", "good", "match", trait.match),
        ("match nobody", "bad", "do_not", trait.do_not),
        ("have none", "neutral", "without", trait.without),
    )
    parts: list[Part] = []
    x = 0.0
    for label, tone, having, count in counts:
        width = max(WIDTH * count / total, 3.0) if count else 0.0
        parts.append(Part(label, tone, having, count, round(x, 2), round(width, 2)))
        x += width
    return tuple(parts)
