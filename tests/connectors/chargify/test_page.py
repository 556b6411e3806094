"""Where an operator looks at a customer in Chargify itself."""

import pytest

from standfast.connectors.chargify.connector import ChargifyConnector

SITE = "https://acme.chargify.com"
BY_SUBSCRIPTION = {"domain": "acme", "billing_id_holds": "subscription_id"}
BY_REFERENCE = {"domain": "acme", "billing_id_holds": "customer_reference"}
CASES = [
    ({"domain": "acme"}, "7", "42", f"{SITE}/subscriptions/42"),
    ({"domain": "acme"}, "7", None, f"{SITE}/customers/7"),
    (BY_SUBSCRIPTION, "9", None, f"{SITE}/subscriptions/9"),
    (BY_REFERENCE, "ada", None, None),
    (BY_REFERENCE, "ada", "42", f"{SITE}/subscriptions/42"),
    ({"domain": "eu.ebilling.maxio.com"}, "7", None, "https://eu.ebilling.maxio.com/customers/7"),
    ({"domain": "127.0.0.1:8080"}, "7", "42", None),  # a simulator has no pages to look at
    ({"domain": "acme"}, "7/../x", None, None),
    ({"domain": "acme"}, "7", "4 2", None),
    ({}, "7", None, None),
]  # fmt: skip


@pytest.mark.parametrize(("settings", "billing_id", "subscription", "page"), CASES)
def test_the_subscriptions_page_goes_before_the_customers(
    settings: dict[str, str], billing_id: str, subscription: str | None, page: str | None
) -> None:
    connector = ChargifyConnector()

    assert connector.page(settings, billing_id=billing_id, subscription=subscription) == page
