# pyright: basic, reportMissingImports=false, reportGeneralTypeIssues=false
"""Drives the simulator with the vendor's own SDK; runs in an environment of its own.

`python sdk_conformance.py URL API_KEY` prints one JSON line per operation that was tried:
{"operation", "holds", "seen"}. The official SDK knows nothing of the simulator: that its typed
results and typed exceptions come out proves paths, verbs, roots, dates, unions and error shapes.
"""

import json
import sys
import traceback
from datetime import UTC, datetime
from typing import Any

from advancedbilling.exceptions.api_exception import APIException
from advancedbilling.exceptions.customer_error_response_exception import (
    CustomerErrorResponseException,
)
from advancedbilling.exceptions.error_list_response_exception import ErrorListResponseException
from advancedbilling.exceptions.single_string_error_response_exception import (
    SingleStringErrorResponseException,
)
from advancedbilling.exceptions.subscription_add_coupon_error_exception import (
    SubscriptionAddCouponErrorException,
)
from advancedbilling.exceptions.subscription_remove_coupon_errors_exception import (
    SubscriptionRemoveCouponErrorsException,
)
from sdk_base import Base, m, refusal
from sdk_lives import Lives


class Conformance(Base):
    """Each method without an underscore is one check; its name is the SDK's operation, then why."""

    # Site, catalogue

    def read_site(self) -> str:
        return self.api.sites.read_site().site.subdomain

    def read_site__with_a_wrong_key(self) -> int:
        return refusal(APIException, self.stranger.sites.read_site).response_code

    def list_product_families(self) -> int:
        return len(self.api.product_families.list_product_families({}))

    def read_product_family(self) -> str:
        return self.api.product_families.read_product_family(self.family.id).product_family.name

    def create_product_family(self) -> str:
        sent = m.CreateProductFamilyRequest(m.CreateProductFamily(name="By the SDK"))
        return self.api.product_families.create_product_family(sent).product_family.handle

    def list_products_for_product_family(self) -> int:
        options = {"product_family_id": str(self.family.id), "per_page": 200}
        found = self.api.product_families.list_products_for_product_family(options)
        return len(found)

    def list_products(self) -> int:
        return len(self.api.products.list_products({"per_page": 200}))

    def read_product(self) -> str:
        return self.api.products.read_product(self.basic.id).product.handle

    def read_product_by_handle(self) -> int:
        return self.api.products.read_product_by_handle("pro").product.trial_interval

    def create_and_archive_product(self) -> bool:
        sent = m.CreateOrUpdateProduct(
            name="SDK", description="", price_in_cents=100, interval=1, interval_unit="month"
        )
        family = str(self.family.id)
        request = m.CreateOrUpdateProductRequest(sent)
        product = self.api.products.create_product(family, request).product
        return self.api.products.archive_product(product.id).product.archived_at is not None

    def create_product__without_a_name(self) -> list[str]:
        sent = m.CreateOrUpdateProduct(
            name="", description="", price_in_cents=100, interval=1, interval_unit="month"
        )
        request = m.CreateOrUpdateProductRequest(sent)
        family = str(self.family.id)
        return refusal(
            ErrorListResponseException, lambda: self.api.products.create_product(family, request)
        ).errors

    def list_product_price_points(self) -> list[str]:
        options = {"product_id": self.basic.id}
        found = self.api.product_price_points.list_product_price_points(options)
        return [each.name for each in found.price_points]

    def read_product_price_point(self) -> int:
        number = self.basic.default_product_price_point_id
        found = self.api.product_price_points.read_product_price_point(self.basic.id, number)
        return found.price_point.price_in_cents

    def list_all_product_price_points(self) -> int:
        found = self.api.product_price_points.list_all_product_price_points({"per_page": 200})
        return len(found.price_points)

    # Coupons

    def list_coupons(self) -> int:
        return len(self.api.coupons.list_coupons({"per_page": 200}))

    def list_coupons_for_product_family(self) -> int:
        options = {"product_family_id": self.family.id, "per_page": 200}
        return len(self.api.coupons.list_coupons_for_product_family(options))

    def find_coupon(self) -> str:
        return self.api.coupons.find_coupon(code="save20").coupon.percentage

    def find_coupon__unknown(self) -> int:
        call = lambda: self.api.coupons.find_coupon(code="nope")  # noqa: E731
        return refusal(APIException, call).response_code

    def read_coupon(self) -> str:
        number = self.api.coupons.find_coupon(code="PROONLY").coupon.id
        coupon = self.api.coupons.read_coupon(self.family.id, number).coupon
        return coupon.coupon_restrictions[0].handle

    def validate_coupon(self) -> str:
        return self.stranger.coupons.validate_coupon("SAVE20").coupon.code

    def validate_coupon__unknown(self) -> str:
        call = lambda: self.api.coupons.validate_coupon("nope")  # noqa: E731
        return refusal(SingleStringErrorResponseException, call).errors

    def create_and_archive_coupon(self) -> bool:
        coupon = self._coupon("sdk1", percentage="15.2").coupon
        assert coupon.code == "SDK1"
        return (
            self.api.coupons.archive_coupon(self.family.id, coupon.id).coupon.archived_at
            is not None
        )

    def create_coupon__taken(self) -> list[str]:
        call = lambda: self._coupon("SAVE20", percentage="10")  # noqa: E731
        return refusal(ErrorListResponseException, call).errors

    def list_coupon_subcodes(self) -> list[str]:
        number = self.api.coupons.find_coupon(code="PARTNER").coupon.id
        return self.api.coupons.list_coupon_subcodes({"coupon_id": number}).codes

    # Customers and cards

    def create_customer__without_a_name(self) -> list[str]:
        request = m.CreateCustomerRequest(m.CreateCustomer("", "", ""))
        raised = refusal(
            CustomerErrorResponseException, lambda: self.api.customers.create_customer(request)
        )
        return raised.errors

    def list_customers(self) -> int:
        return len(self.api.customers.list_customers({"per_page": 200}))

    def list_customers__searched(self) -> str:
        found = self.api.customers.list_customers({"q": "ada@example.com"})
        return found[0].customer.first_name

    def read_customer(self) -> str:
        return self.api.customers.read_customer(self.customer.id).customer.email

    def read_customer_by_reference(self) -> str:
        found = self.api.customers.read_customer_by_reference("user-0001")
        return found.customer.reference

    def read_customer_by_reference__unknown(self) -> int:
        call = lambda: self.api.customers.read_customer_by_reference("nobody")  # noqa: E731
        return refusal(APIException, call).response_code

    def update_customer(self) -> str:
        request = m.UpdateCustomerRequest(m.UpdateCustomer(organization="Ørsta"))
        changed = self.api.customers.update_customer(self.customer.id, request)
        return changed.customer.organization

    def delete_customer(self) -> None:
        request = m.CreateCustomerRequest(m.CreateCustomer("A", "B", "c@example.com"))
        number = self.api.customers.create_customer(request).customer.id
        return self.api.customers.delete_customer(number)

    def list_customer_subscriptions(self) -> bool:
        number = self._sign_up().id
        found = self.api.customers.list_customer_subscriptions(self.customer.id)
        return number in {each.subscription.id for each in found}

    def list_payment_profiles(self) -> int:
        options = {"customer_id": self.customer.id}
        return len(self.api.payment_profiles.list_payment_profiles(options))

    def list_payment_profiles__all_kinds(self) -> int:
        return len(self.api.payment_profiles.list_payment_profiles({"per_page": 100}))

    def read_payment_profile(self) -> str:
        found = self.api.payment_profiles.read_payment_profile(self.card.id)
        return found.payment_profile.masked_card_number

    def create_payment_profile__without_a_card(self) -> list[str]:
        sent = m.CreatePaymentProfile(customer_id=self.customer.id, first_name="A")
        request = m.CreatePaymentProfileRequest(sent)
        call = lambda: self.api.payment_profiles.create_payment_profile(request)  # noqa: E731
        return refusal(ErrorListResponseException, call).errors

    def change_subscription_default_payment_profile(self) -> bool:
        number, other = self._sign_up().id, self._card("1")
        change = self.api.payment_profiles.change_subscription_default_payment_profile
        return change(number, other.id).payment_profile.id == other.id

    def delete_unused_payment_profile(self) -> None:
        return self.api.payment_profiles.delete_unused_payment_profile(self._card("1").id)

    # Subscriptions

    def create_subscription(self) -> list[Any]:
        made = self._sign_up(coupon_codes=["WELCOME10"], reference="by-the-sdk")
        return [made.state, made.signup_revenue, made.coupon_codes, made.credit_card.card_type]

    def create_subscription__declined(self) -> list[str]:
        card = self._card("2")
        call = lambda: self._sign_up(payment_profile_id=card.id)  # noqa: E731
        return refusal(ErrorListResponseException, call).errors

    def preview_subscription(self) -> int:
        sent = m.CreateSubscription(product_handle="business", coupon_codes=["SAVE20"])
        request = m.CreateSubscriptionRequest(sent)
        preview = self.api.subscriptions.preview_subscription(request).subscription_preview
        return preview.current_billing_manifest.total_in_cents

    def list_subscriptions(self) -> bool:
        pages = [
            self.api.subscriptions.list_subscriptions({"page": page, "per_page": 200})
            for page in (1, 2, 3)
        ]
        return len(pages[0]) == 200 and len(pages[1]) > 100 and pages[2] == []

    def list_subscriptions__by_state_and_date(self) -> list[str]:
        options = {
            "state": "canceled",
            "sort": "updated_at",
            "date_field": "updated_at",
            "start_datetime": datetime(2020, 1, 1, tzinfo=UTC),
        }
        found = self.api.subscriptions.list_subscriptions(options)
        return sorted({each.subscription.state for each in found})

    def read_subscription(self) -> list[Any]:
        number = self._sign_up(coupon_codes=["STACK5"]).id
        include = ["coupons", "self_service_page_token"]
        found = self.api.subscriptions.read_subscription(number, include).subscription
        return [found.coupons[0].code, len(found.self_service_page_token)]

    def find_subscription(self) -> str:
        self._sign_up(reference="to-be-found")
        return self.api.subscriptions.find_subscription("to-be-found").subscription.state

    def update_subscription__billing_date(self) -> str:
        sent = m.UpdateSubscription(next_billing_at=datetime(2040, 2, 1, 12, tzinfo=UTC))
        number = self._sign_up().id
        request = m.UpdateSubscriptionRequest(sent)
        changed = self.api.subscriptions.update_subscription(number, request).subscription
        return changed.next_assessment_at.value

    def preview_renewal(self) -> int:
        number = self._sign_up().id
        preview = self.api.subscription_status.preview_renewal(number).renewal_preview
        return preview.total_in_cents

    def apply_coupons_to_subscription(self) -> list[str]:
        number = self._sign_up().id
        body = m.AddCouponsRequest(["STACK5", "STACK7"])
        apply = self.api.subscriptions.apply_coupons_to_subscription
        return apply(number, body=body).subscription.coupon_codes

    def apply_coupons_to_subscription__unknown(self) -> list[Any]:
        number = self._sign_up().id
        body = m.AddCouponsRequest(["nope"])
        raised = refusal(
            SubscriptionAddCouponErrorException,
            lambda: self.api.subscriptions.apply_coupons_to_subscription(number, body=body),
        )
        return [raised.coupon_codes, raised.subscription]

    def remove_coupon_from_subscription(self) -> str:
        number = self._sign_up(coupon_codes=["SAVE20"]).id
        return self.api.subscriptions.remove_coupon_from_subscription(number, "SAVE20")

    def remove_coupon_from_subscription__none(self) -> list[str]:
        number = self._sign_up().id
        call = lambda: self.api.subscriptions.remove_coupon_from_subscription(number)  # noqa: E731
        return refusal(SubscriptionRemoveCouponErrorsException, call).subscription

    def cancel_subscription(self) -> list[str]:
        sent = m.CancellationOptions(cancellation_message="left", reason_code="CH2")
        cancel = self.api.subscription_status.cancel_subscription
        request = m.CancellationRequest(sent)
        gone = cancel(self._sign_up().id, request).subscription
        return [gone.state, gone.reason_code, gone.cancellation_message]

    def cancel_subscription__twice(self) -> list[Any]:
        number = self._sign_up().id
        self.api.subscription_status.cancel_subscription(number)
        raised = refusal(
            APIException, lambda: self.api.subscription_status.cancel_subscription(number)
        )
        return [raised.response_code, json.loads(raised.response.text)]

    def initiate_and_cancel_delayed_cancellation(self) -> list[str]:
        number = self._sign_up().id
        status = self.api.subscription_status
        return [
            status.initiate_delayed_cancellation(number).message,
            status.cancel_delayed_cancellation(number).message,
        ]

    # Reason codes, portal

    def reason_codes_from_creation_to_deletion(self) -> list[Any]:
        codes = self.api.reason_codes
        request = m.CreateReasonCodeRequest(m.CreateReasonCode("SDK", "by the SDK"))
        number = codes.create_reason_code(request).reason_code.id
        change = m.UpdateReasonCodeRequest(m.UpdateReasonCode(description="changed"))
        changed = codes.update_reason_code(number, change).reason_code.description
        read = codes.read_reason_code(number).reason_code.code
        return [read, changed, codes.delete_reason_code(number).ok]

    def list_reason_codes(self) -> int:
        return len(self.api.reason_codes.list_reason_codes({}))

    def create_reason_code__taken(self) -> list[str]:
        request = m.CreateReasonCodeRequest(m.CreateReasonCode("CH1", "again"))
        call = lambda: self.api.reason_codes.create_reason_code(request)  # noqa: E731
        return refusal(ErrorListResponseException, call).errors

    def read_billing_portal_link(self) -> int:
        link = self.api.billing_portal.read_billing_portal_link(self.customer.id)
        return link.fetch_count


def main(url: str, key: str) -> None:
    for checks in (Conformance(url, key), Lives(url, key)):
        report(checks)


def report(checks: Base) -> None:
    for name in [each for each in vars(type(checks)) if not each.startswith("_")]:
        line: dict[str, Any] = {"operation": name, "holds": True}
        try:
            line["seen"] = getattr(checks, name)()
        except Exception:  # noqa: BLE001 - every kind of failure is a line of the report
            line |= {"holds": False, "seen": traceback.format_exc(limit=-2)}
        sys.stdout.write(json.dumps(line, default=str) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
