"""The six customers of the demo shop, and how each came to have what they have."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Person:
    """`plan` was subscribed to `since` ago; `leaving`: its end is scheduled already."""

    key: str
    name: str
    company: str
    label: str
    tells: str
    is_customer: bool = True
    has_card: bool = True
    plan: str | None = None
    since: timedelta = timedelta(days=5)
    leaving: bool = False

    @property
    def first_name(self) -> str:
        return self.name.split()[0]

    @property
    def user_id(self) -> str:
        """As the shop's own database knows them."""
        return f"user-{self.key}"

    @property
    def email(self) -> str:
        return f"{self.key}@example.com"


PEOPLE = (
    Person("nora", "Nora Lindqvist", "Fjord & Field", "New", "A card on file and no plan yet"),
    Person(
        "ben",
        "Ben Okafor",
        "Okafor Studio",
        "Basic",
        "Pays $9.00 a month",
        plan="basic",
        since=timedelta(days=75),
    ),
    Person(
        "paula",
        "Paula Reyes",
        "Reyes & Daughters",
        "Pro",
        "Pays $29.00 a month",
        plan="pro",
        since=timedelta(days=52),
    ),
    Person(
        "carl",
        "Carl Weber",
        "Weber Print",
        "Leaving",
        "Has cancelled; Basic ends with the period",
        plan="basic",
        since=timedelta(days=40),
        leaving=True,
    ),
    Person("nico", "Nico Silva", "Silva Crafts", "No card", "No plan, no card", has_card=False),
    Person(
        "sam",
        "Sam Hart",
        "Northwind",
        "Staff",
        "Works here; billing does not know them",
        is_customer=False,
        has_card=False,
    ),
)
BY_KEY = {person.key: person for person in PEOPLE}
