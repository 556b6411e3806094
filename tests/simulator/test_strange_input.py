"""Whatever a client sends, the simulator answers as the vendor would: it never breaks."""

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chargify_simulator.fields import query_fields
from chargify_simulator.http import Request
from chargify_simulator.operations import ROUTES
from chargify_simulator.refusals import Refusal
from chargify_simulator.rules.passing_time import let_time_pass
from chargify_simulator.settings import Settings
from chargify_simulator.twin import Twin

ROOTS = [
    *("subscription", "customer", "payment_profile", "product", "product_family", "coupon"),
    *("hold", "migration", "price_point", "endpoint"),
]
NAMES = [
    *("customer_id", "customer_attributes", "product_handle", "product_id", "coupon_codes"),
    *("credit_card_attributes", "full_number", "expiration_month", "expiration_year", "codes"),
    *("next_billing_at", "initial_billing_at", "canceled_at", "custom_price", "interval"),
    *("interval_unit", "price_in_cents", "name", "code", "percentage", "amount_in_cents"),
    *("first_name", "last_name", "email", "reference", "components", "end_date", "vault_token"),
    *("reason_code", "description", "restricted_products", "payment_profile_id"),
    *("automatically_resume_at", "resume", "require_resume", "forgive_balance", "include_trial"),
    *("preserve_balance", "coupon_code", "revert_on_failure", "product_change_delayed"),
    *("next_product_id", "product_price_point_id", "preserve_period", "proration_date"),
    *("calendar_billing", "snap_day", "expires_at", "activated_at", "current_period_starts_at"),
    *("cancel_at_end_of_period", "scheduled_cancellation_at", "payment_collection_method"),
]
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**40), 2**40),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8),
    st.sampled_from(["1", "²", "basic", "SAVE20", "month", "2030-01-01", "0001-01-01", "a@b.c"]),
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=6)
BODIES = VALUES | st.dictionaries(st.sampled_from(ROOTS + NAMES), OBJECTS | VALUES, max_size=3)
FILTERS = [
    *("page", "per_page", "code", "coupon_code", "q", "sort", "direction", "state", "reference"),
    *("product", "date_field", "start_date", "end_datetime", "filter[ids]", "include[]"),
]
QUERIES = st.dictionaries(
    st.sampled_from(FILTERS),
    st.sampled_from(["0", "-1", "x", "²", "9" * 5000, "created_at", "2030-01-01", "coupons", ""]),
)


@pytest.fixture
def twin():
    return Twin(Settings(), seed="lived-in")


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(body=BODIES, query=QUERIES, pick=st.integers(0, 999))
def test_no_input_breaks_an_operation(twin, route, body, query, pick):
    site = twin.site
    tables = {
        "subscription": site.subscriptions,
        "customer": site.customers,
        "product": site.products,
        "family": site.families,
        "coupon": site.coupons,
        "profile": site.payment_profiles,
        "reason": site.reason_codes,
        "price_point": site.price_points,
        "endpoint": site.endpoints,
        "note": site.notes,
    }
    ids = {name: [*table, 1] for name, table in tables.items()}
    names = {name: str(known[pick % len(known)]) for name, known in ids.items()}
    request = Request(
        method=route.method,
        path=route.path,
        query=query_fields("&".join(f"{name}={value}" for name, value in query.items())),
        body=msgspec.json.encode(body),
        names={name: value for name, value in names.items() if f"{{{name}}}" in route.path},
    )
    request.names.setdefault("handle", "basic")
    request.names.setdefault("subcode", "PARTNER-NORTH")
    request.parse_body()
    revision = site.revision

    try:
        answer, is_refused = route.operation(site, request), False
    except Refusal as refusal:
        answer, is_refused = refusal.answer, True

    assert answer.status in {200, 201, 204, 400, 403, 404, 422, 429}
    may_end = route.path.endswith("/activate.json")  # without revert_on_failure
    assert not is_refused or may_end or site.revision == revision
    let_time_pass(site)
