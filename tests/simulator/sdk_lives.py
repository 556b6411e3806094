# pyright: basic, reportMissingImports=false, reportGeneralTypeIssues=false
"""More checks of the SDK: what becomes of a subscription, catalogue writes, events, webhooks."""

from datetime import UTC, datetime
from typing import Any

from advancedbilling.exceptions.api_exception import APIException
from advancedbilling.exceptions.error_list_response_exception import ErrorListResponseException
from sdk_base import Base, m, refusal


class Lives(Base):
    """Each method without an underscore is one check; its name is the SDK's operation, then why."""

    def pause_subscription(self) -> str:
        hold = m.AutoResume(automatically_resume_at=datetime(2040, 1, 1, tzinfo=UTC))
        number = self._sign_up().id
        held = self.api.subscription_status.pause_subscription(number, m.PauseRequest(hold))
        return held.subscription.state

    def update_automatic_subscription_resumption__not_held(self) -> list[str]:
        number = self._sign_up().id
        change = self.api.subscription_status.update_automatic_subscription_resumption
        return refusal(ErrorListResponseException, lambda: change(number)).errors

    def resume_subscription(self) -> list[str]:
        number, status = self._sign_up().id, self.api.subscription_status
        status.pause_subscription(number)
        resumed = status.resume_subscription(number).subscription
        return [resumed.state, resumed.previous_state]

    def reactivate_subscription(self) -> str:
        number, status = self._sign_up().id, self.api.subscription_status
        status.cancel_subscription(number)
        wish = m.ReactivateSubscriptionRequest(resume=m.ResumeOptions(require_resume=True))
        return status.reactivate_subscription(number, wish).subscription.state

    def reactivate_subscription__live(self) -> list[str]:
        number = self._sign_up().id
        call = lambda: self.api.subscription_status.reactivate_subscription(number)  # noqa: E731
        return refusal(ErrorListResponseException, call).errors

    def retry_subscription(self) -> str:
        return self.api.subscription_status.retry_subscription(
            self._sign_up().id
        ).subscription.state

    def cancel_dunning__not_due(self) -> int:
        number = self._sign_up().id
        call = lambda: self.api.subscription_status.cancel_dunning(number)  # noqa: E731
        return refusal(APIException, call).response_code

    def activate_subscription(self) -> str:
        number = self._sign_up(initial_billing_at=datetime(2040, 1, 1, tzinfo=UTC)).id
        body = m.ActivateSubscriptionRequest(revert_on_failure=True)
        return self.api.subscriptions.activate_subscription(number, body).subscription.state

    def override_subscription(self) -> str:
        number = self._sign_up().id
        fields = m.OverrideSubscription(activated_at=datetime(2019, 1, 1, 17, tzinfo=UTC))
        request = m.OverrideSubscriptionRequest(fields)
        self.api.subscriptions.override_subscription(number, request)
        found = self.api.subscriptions.read_subscription(number).subscription
        return found.activated_at.value

    def purge_subscription(self) -> int:
        number = self._sign_up().id
        self.api.subscriptions.purge_subscription(number, self.customer.id)
        call = lambda: self.api.subscriptions.read_subscription(number)  # noqa: E731
        return refusal(APIException, call).response_code

    def update_subscription__product_later(self) -> list[Any]:
        number, update = self._sign_up().id, self.api.subscriptions.update_subscription
        later = m.UpdateSubscription(product_handle="pro", product_change_delayed=True)
        planned = update(number, m.UpdateSubscriptionRequest(later)).subscription
        undo = m.UpdateSubscription(next_product_id="")
        undone = update(number, m.UpdateSubscriptionRequest(undo)).subscription
        return [planned.next_product_handle, undone.next_product_handle]

    def migrate_subscription_product(self) -> str:
        wish = m.SubscriptionProductMigrationRequest(
            m.SubscriptionProductMigration(product_handle="pro")
        )
        migrate = self.api.subscription_products.migrate_subscription_product
        return migrate(self._sign_up().id, wish).subscription.product.handle

    def preview_subscription_product_migration(self) -> list[int]:
        wish = m.SubscriptionMigrationPreviewRequest(
            m.SubscriptionMigrationPreviewOptions(product_handle="pro")
        )
        preview = self.api.subscription_products.preview_subscription_product_migration
        seen = preview(self._sign_up().id, wish).migration
        return [seen.charge_in_cents, seen.prorated_adjustment_in_cents]

    # Catalogue

    def price_points_from_creation_to_default(self) -> list[Any]:
        api, product = self.api.product_price_points, self.basic.id
        sent = m.CreateProductPricePoint("SDK", 777, 1, "month")
        request = m.CreateProductPricePointRequest(sent)
        number = api.create_product_price_point(product, request).price_point.id
        change = m.UpdateProductPricePointRequest(m.UpdateProductPricePoint(price_in_cents=778))
        price = api.update_product_price_point(product, number, change).price_point.price_in_cents
        gone = api.archive_product_price_point(product, number).price_point.archived_at
        back = api.unarchive_product_price_point(product, number).price_point.archived_at
        default = api.promote_product_price_point_to_default(product, number).product
        old = self.basic.default_product_price_point_id
        api.promote_product_price_point_to_default(product, old)
        return [price, gone is not None, back, default.price_in_cents]

    def archive_product_price_point__default(self) -> list[str]:
        product = self.api.products.read_product_by_handle("pro").product
        number = product.default_product_price_point_id
        archive = self.api.product_price_points.archive_product_price_point
        return refusal(ErrorListResponseException, lambda: archive(product.id, number)).errors

    def bulk_create_product_price_points(self) -> int:
        rows = [m.CreateProductPricePoint(name, 1, 1, "month") for name in ("one", "two")]
        request = m.BulkCreateProductPricePointsRequest(rows)
        made = self.api.product_price_points.bulk_create_product_price_points(
            self.basic.id, request
        )
        return len(made.price_points)

    def update_product(self) -> str:
        sent = m.CreateOrUpdateProduct(
            name="Basic", description="by the SDK", price_in_cents=900, interval=1,
            interval_unit="month",
        )  # fmt: skip
        request = m.CreateOrUpdateProductRequest(sent)
        return self.api.products.update_product(self.basic.id, request).product.description

    def update_coupon(self) -> str:
        made = self._coupon("sdkupdate", percentage="10").coupon
        payload = m.CouponPayload(name="n", code="SDKUPDATE", percentage="11")
        body = m.CouponRequest(coupon=payload)
        return self.api.coupons.update_coupon(self.family.id, made.id, body).coupon.percentage

    def read_coupon_usage(self) -> int:
        number = self.api.coupons.find_coupon(code="SAVE20").coupon.id
        return len(self.api.coupons.read_coupon_usage(self.family.id, number))

    def subcodes_from_creation_to_deletion(self) -> list[Any]:
        api, number = self.api.coupons, self._coupon("sdksub", percentage="1").coupon.id
        made = api.create_coupon_subcodes(number, m.CouponSubcodes(["a1", "b b"]))
        again = api.update_coupon_subcodes(number, m.CouponSubcodes(["c3", "d4"]))
        api.delete_coupon_subcode(number, "C3")
        left = api.list_coupon_subcodes({"coupon_id": number}).codes
        return [made.created_codes, made.invalid_codes, again.created_codes, left]

    def create_or_update_coupon_currency_prices__percentage(self) -> int:
        number = self.api.coupons.find_coupon(code="SAVE20").coupon.id
        request = m.CouponCurrencyRequest([m.UpdateCouponCurrency("EUR", 1)])
        call = lambda: self.api.coupons.create_or_update_coupon_currency_prices(  # noqa: E731
            number, request
        )
        return refusal(APIException, call).response_code

    # Payment profiles, portal, referrals

    def update_payment_profile(self) -> str:
        request = m.UpdatePaymentProfileRequest(m.UpdatePaymentProfile(last_name="King"))
        changed = self.api.payment_profiles.update_payment_profile(self.card.id, request)
        return changed.payment_profile.last_name

    def delete_subscriptions_payment_profile(self) -> None:
        card = self._card("1").id
        number = self._sign_up(payment_profile_id=card).id
        return self.api.payment_profiles.delete_subscriptions_payment_profile(number, card)

    def send_request_update_payment_email(self) -> None:
        number = self._sign_up().id
        return self.api.payment_profiles.send_request_update_payment_email(number)

    def validate_referral_code(self) -> str:
        return self.api.referral_codes.validate_referral_code("FRIEND").referral_code.code

    def enable_billing_portal_for_customer(self) -> int:
        enable = self.api.billing_portal.enable_billing_portal_for_customer
        return enable(self.customer.id).customer.id - self.customer.id

    def notes_from_creation_to_deletion(self) -> list[Any]:
        api, number = self.api.subscription_notes, self._sign_up().id
        request = m.UpdateSubscriptionNoteRequest(m.UpdateSubscriptionNote("called", True))
        note = api.create_subscription_note(number, request).note.id
        other = m.UpdateSubscriptionNoteRequest(m.UpdateSubscriptionNote("wrote", False))
        changed = api.update_subscription_note(number, note, other).note.body
        listed = len(api.list_subscription_notes({"subscription_id": number}))
        sticky = api.read_subscription_note(number, note).note.sticky
        api.delete_subscription_note(number, note)
        left = api.list_subscription_notes({"subscription_id": number})
        return [changed, listed, sticky, len(left)]

    # Events and webhooks

    def list_events(self) -> bool:
        number = self._sign_up().id
        first = self.api.events.list_events({"per_page": 1})[0].event
        return first.subscription_id == number

    def list_subscription_events(self) -> list[str]:
        options = {"subscription_id": self._sign_up().id}
        found = self.api.events.list_subscription_events(options)
        return [each.event.key for each in found]

    def read_events_count(self) -> bool:
        return self.api.events.read_events_count({}).count > 2

    def endpoints_and_webhooks(self) -> list[Any]:
        api = self.api.webhooks
        wanted = m.CreateOrUpdateEndpoint("http://127.0.0.1:9/", ["customer_create"])
        request = m.CreateOrUpdateEndpointRequest(wanted)
        number = api.create_endpoint(request).endpoint.id
        self.api.customers.create_customer(
            m.CreateCustomerRequest(m.CreateCustomer("W", "H", "w@example.com"))
        )
        webhook = api.list_webhooks({"order": "newest_first"})[0].webhook
        told = api.replay_webhooks(m.ReplayWebhooksRequest([webhook.id])).status
        other = m.CreateOrUpdateEndpoint("http://127.0.0.1:9/", ["payment_failure"])
        change = m.CreateOrUpdateEndpointRequest(other)
        left = api.update_endpoint(number, change).endpoint.webhook_subscriptions
        return [webhook.event, told, left, len(api.list_endpoints())]

    def enable_webhooks(self) -> bool:
        return self.api.webhooks.enable_webhooks(m.EnableWebhooksRequest(True)).webhooks_enabled
