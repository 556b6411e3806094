"""Customers with the names, addresses and gaps that real lists have."""

from random import Random

from chargify_simulator.records import Customer, PaymentProfile
from chargify_simulator.site import Site

FIRST = [
    "Ada",
    "Björn",
    "Chloé",
    "Dmitri",
    "Élodie",
    "Fatima",
    "Göran",
    "Hana",
    "Ígor",
    "Jürgen",
    "Kaoru",
    "Łukasz",
    "Mònica",
    "Núria",
    "Óscar",
    "Priya",
    "Quentin",
    "Renée",
    "Søren",
    "Tomás",
    "Uğur",
    "Věra",
    "Wei",
    "Ximena",
    "Yusuf",
    "Zoë",
]
LAST = [
    "Ångström",
    "Bäcker",
    "Çelik",
    "D'Arcy",
    "Eriksen",
    "Fernández",
    "Grün",
    "Højgaard",
    "Ivanova",
    "Jørgensen",
    "Kowalczyk",
    "Larsson",
    "Müller",
    "Nakamura",
    "O'Neill",
    "Petrović",
    "Quispe",
    "Rossi",
    "Šimić",
    "Tanaka",
    "Ünal",
    "Végh",
    "Wójcik",
    "Xu",
    "Yılmaz",
    "Zięba",
]
COMPANIES = ("Blue Fjord", "Café Zwölf", "Kiln & Co.", "Pärnu Timber", "Smith-Jones Ltd", "Ørsta")
PLACES = (
    ("Boston", "MA", "02120", "US"),
    ("Köln", None, "50667", "DE"),
    ("São Paulo", "SP", "01310-100", "BR"),
    ("Kraków", None, "31-005", "PL"),
)


def sow_customer(site: Site, chance: Random, position: int) -> Customer:
    """Four of five have a reference, some share an e-mail address, a few old ones hold nulls."""
    first, last = chance.choice(FIRST), chance.choice(LAST)
    tag = f"+{position}" if position % 7 == 0 else ""
    city, state, postcode, country = chance.choice(PLACES)
    has_address = chance.random() < 0.6
    customer = Customer(
        id=site.new_id("customers"),
        first_name=first,
        last_name=last,
        email=f"user{position // 2 if position % 50 == 1 else position}{tag}@example.com",
        organization=chance.choice(COMPANIES) if chance.random() < 0.4 else None,
        reference=None if position % 5 == 0 else f"user-{position:04d}",
        address="1 Main Street" if has_address else None,
        city=city if has_address else None,
        state=state if has_address else None,
        zip=postcode if has_address else None,
        country=country if has_address else None,
        verified=None if position % 40 == 3 else False,
        created_at=site.now,
        updated_at=site.now,
    )
    return site.add(site.customers, customer)


CARDS = ("good", "good", "good", "good", "declining", "expired", "vault", "none")


def sow_card(site: Site, customer: Customer, kind: str) -> PaymentProfile | None:
    """A card that charges, one that declines, one out of date, a vault import, or none."""
    if kind == "none":
        return None
    digit = "2" if kind == "declining" else "1"
    is_import = kind == "vault"
    year = 2021 if kind == "expired" else site.clock.now().year + 9
    profile = PaymentProfile(
        id=site.new_id("payment_profiles"),
        customer_id=customer.id,
        first_name=customer.first_name,
        last_name=customer.last_name,
        masked_card_number=None if is_import else f"XXXX-XXXX-XXXX-{digit}",
        card_type=None if is_import else "bogus",
        expiration_month=None if is_import else 6,
        expiration_year=None if is_import else year,
        vault_token=digit,
        current_vault="braintree_blue" if is_import else "bogus",
        created_at=site.now,
        updated_at=site.now,
    )
    return site.add(site.payment_profiles, profile)
