# pyright: basic, reportMissingImports=false, reportGeneralTypeIssues=false
"""The vendor's own SDK, pointed at a simulator, with a family, a customer and a card."""

import importlib
import re
from collections.abc import Callable
from typing import Any, ClassVar

from advancedbilling.advanced_billing_client import AdvancedBillingClient
from advancedbilling.configuration import Configuration, Environment, Server
from advancedbilling.http.auth.basic_auth import BasicAuthCredentials


class Models:
    """`m.CreateCustomer` is advancedbilling.models.create_customer.CreateCustomer."""

    def __getattr__(self, name: str) -> Any:
        module = re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
        return getattr(importlib.import_module(f"advancedbilling.models.{module}"), name)


m = Models()
Check = Callable[[], Any]


def client_for(url: str, key: str) -> AdvancedBillingClient:
    class Local(Configuration):
        environments: ClassVar = {
            each: {Server.PRODUCTION: url, Server.EBB: f"{url}/events"} for each in Environment
        }

    credentials = BasicAuthCredentials(key, "x")
    return AdvancedBillingClient(config=Local(site="acme", basic_auth_credentials=credentials))


def refusal(error: Any, call: Check) -> Any:
    """The typed exception that the call must raise."""
    try:
        call()
    except error as raised:
        return raised
    message = f"no {error.__name__}"
    raise AssertionError(message)


class Base:
    """What the checks start from."""

    def __init__(self, url: str, key: str) -> None:
        self.api = client_for(url, key)
        self.stranger = client_for(url, "wrong")
        self.family = self.api.product_families.list_product_families({})[0].product_family
        created = self.api.customers.create_customer(
            m.CreateCustomerRequest(m.CreateCustomer("Ada", "Lovelace", "ada@example.com"))
        )
        self.customer = created.customer
        self.card = self._card("1")
        self.basic = self.api.products.read_product_by_handle("basic").product

    def _card(self, number: str) -> Any:
        sent = m.CreatePaymentProfile(
            customer_id=self.customer.id,
            full_number=number,
            expiration_month=12,
            expiration_year=2040,
        )
        request = m.CreatePaymentProfileRequest(sent)
        return self.api.payment_profiles.create_payment_profile(request).payment_profile

    def _sign_up(self, **fields: Any) -> Any:
        sent = {
            "product_handle": "basic",
            "customer_id": self.customer.id,
            "payment_profile_id": self.card.id,
        }
        order = m.CreateSubscriptionRequest(m.CreateSubscription(**(sent | fields)))
        return self.api.subscriptions.create_subscription(order).subscription

    def _coupon(self, code: str, **fields: Any) -> Any:
        sent = m.CouponPayload(name=code, code=code, **fields)
        body = m.CouponRequest(coupon=sent)
        return self.api.coupons.create_coupon(self.family.id, body)
