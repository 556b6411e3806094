"""The vendor's test gateway ("bogus") and what makes a card.

"Use 1 for a successful card, 2 for a card that is declined on charge, 3 for a gateway error";
longer numbers behave by their last digit (help pages on gateways).
"""

from chargify_simulator.fields import Fields
from chargify_simulator.records import PaymentProfile
from chargify_simulator.refusals import errors
from chargify_simulator.site import Site

BRANDS = {"4": "visa", "5": "master", "3": "american_express", "6": "discover"}
SHORTEST_NUMBER = 12
ACCOUNT_TYPES = {"checking", "savings"}
HOLDER_TYPES = {"personal", "business"}


def read_profile(
    site: Site, sent: Fields, *, customer_id: int, first_name: str, last_name: str
) -> PaymentProfile:
    """A payment profile from what was sent, not yet added; refuses as the vendor does."""
    if not sent:
        raise errors(site.say("profile.blank"))
    if "chargify_token" in sent:
        raise errors(site.say("token.not_found"))
    now = site.now
    profile = PaymentProfile(
        id=0,
        customer_id=customer_id,
        first_name=sent.text("first_name") or first_name,
        last_name=sent.text("last_name") or last_name,
        billing_address=sent.text("billing_address"),
        billing_address_2=sent.text("billing_address_2"),
        billing_city=sent.text("billing_city"),
        billing_state=sent.text("billing_state"),
        billing_zip=sent.text("billing_zip"),
        billing_country=sent.text("billing_country"),
        created_at=now,
        updated_at=now,
    )
    if sent.text("payment_type") == "bank_account" or "bank_account_number" in sent:
        _read_bank_account(site, sent, profile)
    elif sent.text("vault_token"):
        _read_vault_import(sent, profile)
    else:
        _read_card(site, sent, profile)
    return profile


def _read_card(site: Site, sent: Fields, profile: PaymentProfile) -> None:
    month, year = sent.integer("expiration_month"), sent.integer("expiration_year")
    number = (sent.text("full_number") or "").replace(" ", "").replace("-", "")
    blanks = [
        site.say(key)
        for key, value in (
            ("card.month_blank", month),
            ("card.year_blank", year),
            ("card.number_blank", number),
        )
        if not value
    ]
    if blanks or month is None or year is None:
        raise errors(*blanks)
    if not _is_card_number(number):
        raise errors(site.say("card.number_malformed"))
    profile.expiration_month, profile.expiration_year = month, year + (2000 if year < 100 else 0)
    if is_expired(site, profile):
        raise errors(site.say("card.expired"))
    if number.endswith("3"):
        raise errors(site.say("gateway.error"))
    profile.masked_card_number = f"XXXX-XXXX-XXXX-{number[-4:]}"
    profile.card_type = BRANDS.get(number[0], "bogus") if len(number) > 1 else "bogus"
    profile.vault_token = number[-1]


def _is_card_number(number: str) -> bool:
    """The test gateway knows numbers that end in 1, 2 or 3, however short."""
    return number.isdigit() and (number[-1] in "123" or len(number) >= SHORTEST_NUMBER)


def _read_vault_import(sent: Fields, profile: PaymentProfile) -> None:
    """Imported from a vault: mask, type and dates may be unknown for ever."""
    profile.vault_token = sent.text("vault_token")
    profile.customer_vault_token = sent.text("customer_vault_token")
    profile.current_vault = sent.text("current_vault") or "bogus"
    profile.card_type = sent.text("card_type")
    profile.expiration_month = sent.integer("expiration_month")
    profile.expiration_year = sent.integer("expiration_year")
    last_four = sent.text("last_four")
    profile.masked_card_number = f"XXXX-XXXX-XXXX-{last_four}" if last_four else None


def _read_bank_account(site: Site, sent: Fields, profile: PaymentProfile) -> None:
    routing, account = sent.text("bank_routing_number"), sent.text("bank_account_number")
    blanks: list[str] = []
    if not routing:
        blanks.append(site.say("bank.routing_blank"))
    if not account:
        blanks.append(site.say("bank.account_blank"))
    if blanks or not routing or not account:
        raise errors(*blanks)
    profile.payment_type = "bank_account"
    profile.bank_name = sent.text("bank_name") or "Bank"
    profile.masked_bank_routing_number = f"XXXX{routing[-4:]}"
    profile.masked_bank_account_number = f"XXXX{account[-4:]}"
    profile.vault_token = account[-1]
    kind, holder = sent.text("bank_account_type"), sent.text("bank_account_holder_type")
    profile.bank_account_type = kind if kind in ACCOUNT_TYPES else "checking"
    profile.bank_account_holder_type = holder if holder in HOLDER_TYPES else "personal"


def is_expired(site: Site, profile: PaymentProfile) -> bool:
    """A card is good until the end of its month."""
    if profile.expiration_year is None or profile.expiration_month is None:
        return False
    now = site.now
    return (profile.expiration_year, profile.expiration_month) < (now.year, now.month)


def charge_problem(site: Site, profile: PaymentProfile | None, amount_in_cents: int) -> str | None:
    """Why the gateway would not take this money; None when it would."""
    if amount_in_cents <= 0:
        return None
    if profile is None:
        amount = f"${amount_in_cents / 100:,.2f}"
        return site.say("profile.none_on_file", amount=amount)
    token = profile.vault_token or ""
    if token.endswith("2") or is_expired(site, profile):
        return site.say("gateway.declined")
    if token.endswith("3"):
        return site.say("gateway.error")
    return None
