"""The catalogue of the lived-in site: three families, a dozen plans, twenty coupons."""

from datetime import timedelta

from chargify_simulator.fields import Fields, JsonObject
from chargify_simulator.operations.catalogue import add_price_point, add_product
from chargify_simulator.records import Coupon, Product, ProductFamily
from chargify_simulator.site import Site

MONTHLY: JsonObject = {"interval": 1, "interval_unit": "month"}
YEARLY: JsonObject = {"interval": 12, "interval_unit": "month"}
TRIAL: JsonObject = {"trial_interval": 14, "trial_interval_unit": "day", "trial_price_in_cents": 0}
FREE_CARD: JsonObject = {"require_credit_card": False}

FAMILIES = [
    ("boards", "Northwind Boards", "Boards, timelines and reports for teams."),
    ("addons", "Northwind Add-ons", "What can be added to a board."),
    ("education", "Northwind Education", "For schools and universities."),
]

PRODUCTS: list[tuple[str, str, str, int, JsonObject]] = [
    ("boards", "free", "Free", 0, MONTHLY | FREE_CARD),
    ("boards", "basic", "Basic", 900, MONTHLY),
    ("boards", "pro", "Pro", 2_900, MONTHLY | TRIAL | FREE_CARD | {"trial_type": "no_obligation"}),
    ("boards", "pro-yearly", "Pro, yearly", 29_000, YEARLY),
    ("boards", "business", "Business", 9_900, MONTHLY | {"initial_charge_in_cents": 25_000}),
    (
        "boards",
        "enterprise",
        "Enterprise",
        49_900,
        MONTHLY | FREE_CARD | {"initial_charge_in_cents": 100_000},
    ),
    ("boards", "legacy", "Legacy 2019", 1_900, MONTHLY),
    ("addons", "priority-support", "Priority support", 4_900, MONTHLY),
    ("addons", "backup", "Daily backup", 300, {"interval": 30, "interval_unit": "day"}),
    (
        "addons",
        "onboarding",
        "Onboarding, three months",
        15_000,
        MONTHLY | {"expiration_interval": 3, "expiration_interval_unit": "month"},
    ),
    (
        "education",
        "class",
        "Class",
        500,
        MONTHLY | FREE_CARD | TRIAL | {"trial_type": "payment_expected"},
    ),
    (
        "education",
        "campus",
        "Campus",
        120_000,
        YEARLY | TRIAL | {"trial_price_in_cents": 1_000, "initial_charge_after_trial": True},
    ),
]

PRICE_POINTS: list[tuple[str, str, str, int, JsonObject]] = [
    ("basic", "basic-yearly", "Yearly", 9_000, YEARLY),
    ("basic", "basic-2021", "2021 price", 700, MONTHLY),
    ("pro", "pro-charity", "Charity", 1_450, MONTHLY),
    ("pro", "pro-launch", "Launch offer", 1_900, MONTHLY | TRIAL),
    ("business", "business-quarterly", "Quarterly", 27_900, {"interval": 3}),
    ("campus", "campus-small", "Small campus", 60_000, YEARLY),
]
ARCHIVED_PRICE_POINTS = {"basic-2021", "pro-launch"}
ARCHIVED_PRODUCTS = {"legacy"}

COUPONS: list[tuple[str, str, JsonObject]] = [
    ("boards", "WELCOME10", {"percentage": "10"}),
    ("boards", "SAVE20", {"percentage": "20", "recurring": True}),
    ("boards", "STAY30", {"percentage": "30", "recurring": True, "duration_period_count": 3}),
    ("boards", "FIVEOFF", {"amount_in_cents": 500}),
    ("boards", "TENNER", {"amount_in_cents": 1_000, "recurring": True}),
    (
        "boards",
        "YEAR5",
        {"amount_in_cents": 500, "recurring": True, "duration_period_count": 12},
    ),
    ("boards", "FREEMONTH", {"percentage": "100"}),
    ("boards", "ODD", {"percentage": "33.3333", "recurring": True}),
    ("boards", "STACK5", {"percentage": "5", "recurring": True, "stackable": True}),
    ("boards", "STACK7", {"percentage": "7.5", "recurring": True, "stackable": True}),
    (
        "boards",
        "STACKFULL",
        {
            "percentage": "10",
            "recurring": True,
            "stackable": True,
            "compounding_strategy": "full-price",
        },
    ),
    ("boards", "STACKAMOUNT", {"amount_in_cents": 200, "recurring": True, "stackable": True}),
    ("boards", "SUMMER2019", {"percentage": "15", "expired_days": 900}),
    ("boards", "RETIRED", {"percentage": "50", "archived": True}),
    ("boards", "PROONLY", {"percentage": "25", "recurring": True, "products": ["pro"]}),
    ("boards", "FIRST100", {"percentage": "40", "conversion_limit": 1, "is_used": True}),
    (
        "boards",
        "PARTNER",
        {
            "percentage": "12",
            "recurring": True,
            "subcodes": ["PARTNER-NORTH", "PARTNER-SOUTH", "25%OFF"],
        },
    ),
    ("boards", "CREDIT", {"amount_in_cents": 10_000, "allow_negative_balance": True}),
    ("addons", "SUPPORT50", {"percentage": "50"}),
    ("education", "TEACHER", {"percentage": "60", "recurring": True}),
]

REASON_CODES = [
    ("CH1", "Too expensive"),
    ("CH2", "Missing features"),
    ("CH3", "Went to a competitor"),
    ("CH4", "No longer needed"),
]


def sow_catalogue(site: Site) -> dict[str, Product]:
    """Products by handle; all made on the clock's day."""
    families = {handle: _family(site, handle, *words) for handle, *words in FAMILIES}
    products: dict[str, Product] = {}
    for family, handle, name, price, more in PRODUCTS:
        sent: JsonObject = {"name": name, "handle": handle, "price_in_cents": price, **more}
        sent |= {"description": f"{name} by Northwind", "auto_create_signup_page": True}
        products[handle] = add_product(site, families[family], Fields(sent))
    for product, handle, name, price, more in PRICE_POINTS:
        fields = Fields({"handle": handle, "price_in_cents": price, **more})
        point = add_price_point(site, products[product], fields, name=name)
        if handle in ARCHIVED_PRICE_POINTS:
            point.archived_at = site.now
    for family, code, more in COUPONS:
        _coupon(site, families[family], code, Fields(more), products)
    return products


def retire_old_products(site: Site, products: dict[str, Product]) -> None:
    for handle in ARCHIVED_PRODUCTS:
        products[handle].archived_at = site.now


def _family(site: Site, handle: str, name: str, description: str) -> ProductFamily:
    family = ProductFamily(
        id=site.new_id("families"),
        name=name,
        handle=handle,
        description=description,
        created_at=site.now,
        updated_at=site.now,
    )
    return site.add(site.families, family)


def _coupon(
    site: Site, family: ProductFamily, code: str, more: Fields, products: dict[str, Product]
) -> None:
    expired_days = more.integer("expired_days")
    restricted = [products[each].id for each in more.texts("products")]
    coupon = Coupon(
        id=site.new_id("coupons"),
        family_id=family.id,
        name=code.title(),
        code=code,
        description=f"The coupon {code}",
        amount_in_cents=more.integer("amount_in_cents"),
        percentage=more.text("percentage"),
        recurring=bool(more.flag("recurring")),
        duration_period_count=more.integer("duration_period_count"),
        conversion_limit=more.integer("conversion_limit"),
        stackable=bool(more.flag("stackable")),
        compounding_strategy=more.text("compounding_strategy") or "compound",
        allow_negative_balance=bool(more.flag("allow_negative_balance")),
        restricted_product_ids=restricted,
        subcodes=more.texts("subcodes"),
        conversions={code: 1} if more.flag("is_used") else {},
        start_date=site.now,
        end_date=site.now + timedelta(days=30) if expired_days else None,
        archived_at=site.now if more.flag("archived") else None,
        created_at=site.now,
        updated_at=site.now,
    )
    site.add(site.coupons, coupon)
