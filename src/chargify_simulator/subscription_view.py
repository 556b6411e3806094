"""A subscription as the vendor shows it, with customer, product and card in full."""

from chargify_simulator.eastern import stamp
from chargify_simulator.fields import JsonObject
from chargify_simulator.records import Subscription
from chargify_simulator.site import Site
from chargify_simulator.views import customer_view, product_view, profile_view


def money_text(amount_in_cents: int) -> str:
    """As in signup_revenue: "10.00"."""
    whole, cents = divmod(abs(amount_in_cents), 100)
    return f"{'-' if amount_in_cents < 0 else ''}{whole}.{cents:02d}"


def subscription_view(site: Site, subscription: Subscription, **extra: object) -> JsonObject:
    """As in lists; single reads add `current_billing_amount_in_cents` and what was included."""
    codes = [each.code for each in subscription.coupons]
    only = subscription.coupons[0] if len(codes) == 1 else None
    product = site.products[subscription.product_id]
    following = site.products.get(subscription.next_product_id or 0)
    profile = site.payment_profiles.get(subscription.payment_profile_id or 0)
    view: JsonObject = {
        "id": subscription.id,
        "state": subscription.state,
        "trial_started_at": stamp(subscription.trial_started_at),
        "trial_ended_at": stamp(subscription.trial_ended_at),
        "activated_at": stamp(subscription.activated_at),
        "created_at": stamp(subscription.created_at),
        "updated_at": stamp(subscription.updated_at),
        "expires_at": stamp(subscription.expires_at),
        "balance_in_cents": subscription.balance_in_cents,
        "current_period_ends_at": stamp(subscription.current_period_ends_at),
        "next_assessment_at": stamp(subscription.next_assessment_at),
        "canceled_at": stamp(subscription.canceled_at),
        "cancellation_message": subscription.cancellation_message,
        "next_product_id": subscription.next_product_id,
        "next_product_handle": following.handle if following else None,
        "cancel_at_end_of_period": subscription.cancel_at_end_of_period,
        "payment_collection_method": subscription.payment_collection_method,
        "snap_day": subscription.snap_day,
        "cancellation_method": subscription.cancellation_method,
        "current_period_started_at": stamp(subscription.current_period_started_at),
        "previous_state": subscription.state,
        "signup_payment_id": subscription.signup_payment_id,
        "signup_revenue": money_text(subscription.signup_revenue_in_cents),
        "delayed_cancel_at": stamp(subscription.delayed_cancel_at),
        "scheduled_cancellation_at": stamp(subscription.delayed_cancel_at),
        "coupon_code": codes[0] if codes else None,
        "total_revenue_in_cents": subscription.total_revenue_in_cents,
        "product_price_in_cents": subscription.product_price_in_cents,
        "product_version_number": subscription.product_version_number,
        "payment_type": profile.payment_type if profile else None,
        "referral_code": subscription.referral_code,
        "coupon_use_count": only.use_count if only else None,
        "coupon_uses_allowed": only.uses_allowed if only else None,
        "reason_code": subscription.reason_code,
        "automatically_resume_at": stamp(subscription.automatically_resume_at),
        "coupon_codes": codes,
        "offer_id": None,
        "payer_id": None,
        "receives_invoice_emails": subscription.receives_invoice_emails,
        "product_price_point_id": subscription.price_point_id,
        "product_price_point_type": site.price_points[subscription.price_point_id].type,
        "next_product_price_point_id": subscription.next_price_point_id,
        "net_terms": subscription.net_terms,
        "stored_credential_transaction_id": subscription.stored_credential_transaction_id,
        "reference": subscription.reference,
        "on_hold_at": stamp(subscription.on_hold_at),
        "prepaid_dunning": False,
        "dunning_communication_delay_enabled": subscription.dunning_communication_delay_enabled,
        "dunning_communication_delay_time_zone": subscription.dunning_communication_delay_time_zone,
        "locale": None,
        "currency": "USD",
        "credit_balance_in_cents": subscription.credit_balance_in_cents,
        "prepayment_balance_in_cents": 0,
        "group": None,
        "customer": customer_view(site.customers[subscription.customer_id]),
        "product": product_view(site, product, site.price_points[subscription.price_point_id]),
    }
    if profile:
        view[profile.payment_type] = profile_view(profile)
    return view | extra
