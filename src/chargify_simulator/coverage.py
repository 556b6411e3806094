"""Draws COVERAGE.md from the routes: `python -m chargify_simulator.coverage`.

What an operation lacks stands here beside its route; that a route is there, the code says itself.
"""

import re
import sys
from collections import defaultdict
from pathlib import Path

from .operations import ROUTES

OPERATIONS = Path(__file__).with_name("sdk_operations.txt")

MISSING: dict[str, str] = {
    "GET /product_families/{family}/products.json": "no `filter[...]`, no `include`",
    "GET /products.json": "no `filter[...]`, no `include`",
    "GET /products/{product}/price_points.json": "no currency prices",
    "GET /products/{product}/price_points/{price_point}.json": "no currency prices",
    "GET /products_price_points.json": "no currency prices; bounds are not checked for form",
    "GET /coupons.json": "no currency prices",
    "GET /coupons/find.json": "no currency prices",
    "GET /coupons/validate.json": "no `component_ids`",
    "GET /product_families/{family}/coupons.json": "no currency prices",
    "POST /product_families/{family}/coupons.json": "no `restricted_components`",
    "GET /product_families/{family}/coupons/validate.json": "no `component_ids`",
    "GET /product_families/{family}/coupons/{coupon}.json": "no currency prices",
    "PUT /product_families/{family}/coupons/{coupon}.json": "no `restricted_components`; no offers",
    "GET /product_families/{family}/coupons/{coupon}/usage.json": "savings are reckoned at the "
    "default price",
    "PUT /coupons/{coupon}/currency_prices.json": "the site has one currency: only refusals",
    "POST /products/{product}/price_points.json": "no currency prices",
    "POST /products/{product}/price_points/bulk.json": "no currency prices",
    "PUT /payment_profiles/{profile}.json": "no 3-D Secure",
    "POST /customers.json": "no parent, metafields, tax; unknown attributes are ignored",
    "PUT /customers/{customer}.json": "as for the creation",
    "POST /payment_profiles.json": "no tokens of Chargify.js, no 3-D Secure, no IBAN checks",
    "GET /subscriptions.json": "no `metadata[...]`; the states pending_renewal and prepaid_dunning "
    "find none",
    "POST /subscriptions.json": "no components, offers, groups, metafields (answered as absent); "
    "no shipping addresses, taxes, 3-D Secure",
    "POST /subscriptions/preview.json": "as for the creation",
    "PUT /subscriptions/{subscription}.json": "no components, metafields, group (answered as "
    "absent); `initial_billing_at` and `defer_signup` neither",
    "DELETE /subscriptions/{subscription}.json": "`refund_prepayment_account_balance` is ignored",
    "POST /subscriptions/{subscription}/resume.json": "`calendar_billing[resumption_charge]` is "
    "taken and changes nothing",
    "PUT /subscriptions/{subscription}/reactivate.json": "`calendar_billing` is taken and changes "
    "nothing",
    "PUT /subscriptions/{subscription}/override.json": "which words a 400 has is assumed",
    "POST /subscriptions/{subscription}/migrations.json": "no components, no taxes, no 3-D Secure",
    "POST /subscriptions/{subscription}/migrations/preview.json": "as for the migration",
    "POST /subscriptions/{subscription}/renewals/preview.json": "no components, no taxes",
    "GET /portal/customers/{customer}/management_link.json": "the link leads nowhere",
}

HEAD = """# What the simulator covers

Drawn from the routes and from the {total} operation names of the official SDK (10.0.0); do not
edit by hand: `python -m chargify_simulator.coverage > src/chargify_simulator/COVERAGE.md`.

*Whole* means: every behaviour that public sources show for this operation is there.
*Partial* says what is missing. What stands in neither table is absent: it answers 404 with the
header `X-Simulator: not-implemented` and a JSON body that says so.

Of {total} operations **{whole}** are whole, **{partial}** partial and **{absent}** absent.

Sentences that no public source gives are marked *assumed* in `texts.py` (`GET /_control/texts`).
What a subscription takes in which state stands in
[simulator-states.md](../../docs/simulator-states.md).
"""

BEHAVIOUR: dict[str, str] = {
    "basic authentication, 401 text": "whole; the password is not looked at",
    "`uniqueness_token`, 60 minutes, 409": "whole; faults that strike before the effect, other "
    "than delay and hold, leave the token unused",
    "four requests in flight, queue, 429": "whole; the length of the queue (20) is assumed; a "
    "queued request whose client has gone is still carried out (assumed)",
    "120 s cut": "whole: the connection breaks",
    "test gateway by last digit 1, 2, 3": "whole; the text of 3 is assumed",
    "trials, renewals, dunning, holds with a resume date, expiry, delayed cancels and product "
    "changes, first billing dates on the clock": "whole for one plan per subscription; notices "
    "(`upcoming_renewal_notice`, `trial_end_notice`, `expiring_card`) are absent",
    "calendar billing": "snap days and the three first charges; resumption and reactivation "
    "charges change nothing",
    "coupons: percentage, amount, duration, stacking, compounding, restrictions, conversion "
    "limit, negative balance": "whole",
    "proration": "whole; the clock of it (seconds) is inferred",
    "events": "every event of what the simulator does, with the vendor's message texts where "
    "live tests show them; of no invoices",
    "webhooks": "whole on loopback addresses over http; test messages of an endpoint are absent",
    "a site of a million rows": "rows that nobody edited are computed and stand still when the "
    "clock moves; sorting them by anything but their date of creation takes seconds",
    "several sites, host names, snapshots": "whole; sites share the clock, texts and faults",
    "limits of a test site": "whole, when set; the words of the refusal are assumed",
    "balances and service credits": "a coupon or a downgrade makes credit, the next charge uses "
    "it; prepayments are absent",
}


def operations() -> list[tuple[str, str, str]]:
    """Name, method and path of each operation of the SDK."""
    lines = OPERATIONS.read_text(encoding="utf-8").splitlines()
    rows = (line.split() for line in lines if not line.startswith("#"))
    return [(name, method, path) for name, method, path in rows]


def shape(path: str) -> str:
    return re.sub(r"\{[^}]+\}", "{}", path)


def names_by_route() -> dict[str, list[str]]:
    """The SDK's names for each of our routes; none for older paths."""
    known: dict[tuple[str, str], list[str]] = defaultdict(list)
    for name, method, path in operations():
        known[method, shape(path)].append(name)
    return {
        f"{route.method} {route.path}": known.get((route.method, shape(route.path)), [])
        for route in ROUTES
    }


def absent() -> list[tuple[str, str, str]]:
    ours = {(route.method, shape(route.path)) for route in ROUTES}
    return [row for row in operations() if (row[1], shape(row[2])) not in ours]


def page() -> str:
    found = names_by_route()
    partial = sum(len(names) for route, names in found.items() if route in MISSING)
    gone = absent()
    total = len(operations())
    whole = total - len(gone) - partial
    head = HEAD.format(total=total, whole=whole, partial=partial, absent=len(gone))
    return "\n".join([head, _routes(found), _behaviour(), _absent(gone)])


def _routes(found: dict[str, list[str]]) -> str:
    lines = ["## Operations", "", "| operation | how far | in the SDK |", "|---|---|---|"]
    for route, names in found.items():
        far = f"partial: {MISSING[route]}" if route in MISSING else "whole"
        told = ", ".join(f"`{each.partition('.')[2]}`" for each in names) or "(an older path)"
        lines.append(f"| `{route}` | {far} | {told} |")
    return "\n".join([*lines, ""])


def _behaviour() -> str:
    rows = [f"| {name} | {far} |" for name, far in BEHAVIOUR.items()]
    head = ["## Behaviour across operations", "", "| behaviour | how far |", "|---|---|"]
    return "\n".join([*head, *rows, ""])


def _absent(gone: list[tuple[str, str, str]]) -> str:
    by_tag: dict[str, list[str]] = defaultdict(list)
    for name, _, _ in gone:
        tag, _, operation = name.partition(".")
        by_tag[tag].append(f"`{operation}`")
    rows = [f"| {tag} | {', '.join(names)} |" for tag, names in by_tag.items()]
    head = ["## Absent operations", "", "| group | operations |", "|---|---|"]
    return "\n".join([*head, *rows, ""])


if __name__ == "__main__":
    sys.stdout.write(page())
