"""Records as the vendor shows them: the shapes of the answers' JSON."""

from .eastern import stamp
from .fields import JsonObject
from .records import (
    Coupon,
    Customer,
    PaymentProfile,
    PricePoint,
    Product,
    ProductFamily,
    ReasonCode,
)
from .site import Site


def site_view(site: Site) -> JsonObject:
    return {
        "id": site.id,
        "name": f"{site.settings.subdomain.title()} (simulated)",
        "subdomain": site.settings.subdomain,
        "currency": "USD",
        "seller_id": 21_001,
        "non_primary_currencies": [],
        "relationship_invoicing_enabled": True,
        "schedule_subscription_cancellation_enabled": True,
        "customer_hierarchy_enabled": False,
        "whopays_enabled": False,
        "whopays_default_payer": "self-ungrouped",
        "allocation_settings": {
            "upgrade_charge": "prorated",
            "downgrade_credit": "none",
            "accrue_charge": "true",
        },
        "default_payment_collection_method": "automatic",
        "organization_address": {
            "street": None,
            "line2": None,
            "city": None,
            "state": None,
            "zip": None,
            "country": None,
            "name": None,
            "phone": None,
        },
        "tax_configuration": {
            "kind": "custom",
            "fully_configured": False,
            "destination_address": "shipping_then_billing",
        },
        "net_terms": {
            "default_net_terms": 0,
            "automatic_net_terms": 0,
            "remittance_net_terms": 0,
            "net_terms_on_remittance_signups_enabled": False,
            "custom_net_terms_enabled": False,
        },
        "portal_enabled": site.settings.portal_enabled,
        "test": True,
    }


def family_view(family: ProductFamily) -> JsonObject:
    return {
        "id": family.id,
        "name": family.name,
        "description": family.description,
        "handle": family.handle,
        "accounting_code": family.accounting_code,
        "created_at": stamp(family.created_at),
        "updated_at": stamp(family.updated_at),
        "archived_at": stamp(family.archived_at),
    }


def product_view(site: Site, product: Product, price_point: PricePoint | None = None) -> JsonObject:
    """A product at one of its price points: the default, or the one a subscription pays."""
    paid = price_point or site.price_points[product.default_price_point_id]
    return {
        "id": product.id,
        "name": product.name,
        "handle": product.handle,
        "description": product.description,
        "accounting_code": product.accounting_code,
        "request_credit_card": product.request_credit_card,
        "expiration_interval": paid.expiration_interval,
        "expiration_interval_unit": paid.expiration_interval_unit,
        "created_at": stamp(product.created_at),
        "updated_at": stamp(product.updated_at),
        "price_in_cents": paid.price_in_cents,
        "interval": paid.interval,
        "interval_unit": paid.interval_unit,
        "initial_charge_in_cents": paid.initial_charge_in_cents,
        "trial_price_in_cents": paid.trial_price_in_cents,
        "trial_interval": paid.trial_interval,
        "trial_interval_unit": paid.trial_interval_unit,
        "archived_at": stamp(product.archived_at),
        "require_credit_card": product.require_credit_card,
        "return_params": None,
        "taxable": False,
        "update_return_url": None,
        "tax_code": product.tax_code,
        "initial_charge_after_trial": paid.initial_charge_after_trial,
        "version_number": product.version_number,
        "update_return_params": None,
        "default_product_price_point_id": product.default_price_point_id,
        "request_billing_address": False,
        "require_billing_address": False,
        "require_shipping_address": False,
        "use_site_exchange_rate": True,
        "item_category": None,
        "product_price_point_id": paid.id,
        "product_price_point_name": paid.name,
        "product_price_point_handle": paid.handle,
        "product_family": family_view(site.families[product.family_id]),
        "public_signup_pages": _signup_pages(site, product),
    }


def _signup_pages(site: Site, product: Product) -> list[JsonObject]:
    if product.signup_page_id is None:
        return []
    host = f"https://{site.settings.subdomain}.chargifypay.com"
    return [
        {
            "id": product.signup_page_id,
            "return_url": None,
            "return_params": None,
            "url": f"{host}/subscribe/{product.signup_page_id:x}/{product.handle}",
        }
    ]


def price_point_view(price_point: PricePoint) -> JsonObject:
    return {
        "id": price_point.id,
        "name": price_point.name,
        "handle": price_point.handle,
        "price_in_cents": price_point.price_in_cents,
        "interval": price_point.interval,
        "interval_unit": price_point.interval_unit,
        "trial_price_in_cents": price_point.trial_price_in_cents,
        "trial_interval": price_point.trial_interval,
        "trial_interval_unit": price_point.trial_interval_unit,
        "trial_type": price_point.trial_type,
        "introductory_offer": None,
        "initial_charge_in_cents": price_point.initial_charge_in_cents,
        "initial_charge_after_trial": price_point.initial_charge_after_trial,
        "expiration_interval": price_point.expiration_interval,
        "expiration_interval_unit": price_point.expiration_interval_unit,
        "product_id": price_point.product_id,
        "archived_at": stamp(price_point.archived_at),
        "created_at": stamp(price_point.created_at),
        "updated_at": stamp(price_point.updated_at),
        "use_site_exchange_rate": True,
        "type": price_point.type,
        "tax_included": False,
        "subscription_id": price_point.subscription_id,
    }


def coupon_view(site: Site, coupon: Coupon) -> JsonObject:
    is_percentage = coupon.percentage is not None
    amount = None if coupon.amount_in_cents is None else coupon.amount_in_cents / 100
    return {
        "id": coupon.id,
        "name": coupon.name,
        "code": coupon.code,
        "description": coupon.description,
        "amount": amount,
        "amount_in_cents": coupon.amount_in_cents,
        "product_family_id": coupon.family_id,
        "product_family_name": site.families[coupon.family_id].name,
        "start_date": stamp(coupon.start_date),
        "end_date": stamp(coupon.end_date),
        "percentage": coupon.percentage,
        "recurring": coupon.recurring,
        "recurring_scheme": _recurring_scheme(coupon),
        "duration_period_count": coupon.duration_period_count,
        "duration_interval": None,
        "duration_interval_unit": None,
        "duration_interval_span": None if coupon.recurring else "1_month",
        "allow_negative_balance": coupon.allow_negative_balance,
        "archived_at": stamp(coupon.archived_at),
        "conversion_limit": None
        if coupon.conversion_limit is None
        else str(coupon.conversion_limit),
        "stackable": coupon.stackable,
        "compounding_strategy": coupon.compounding_strategy,
        "use_site_exchange_rate": True,
        "created_at": stamp(coupon.created_at),
        "updated_at": stamp(coupon.updated_at),
        "discount_type": "percent" if is_percentage else "amount",
        "exclude_mid_period_allocations": coupon.exclude_mid_period_allocations,
        "apply_on_cancel_at_end_of_period": coupon.apply_on_cancel_at_end_of_period,
        "apply_on_subscription_expiration": coupon.apply_on_subscription_expiration,
        "coupon_restrictions": _restrictions(site, coupon),
    }


def _recurring_scheme(coupon: Coupon) -> str:
    if not coupon.recurring:
        return "do_not_recur"
    return "recur_with_duration" if coupon.duration_period_count else "recur_indefinitely"


def _restrictions(site: Site, coupon: Coupon) -> list[JsonObject]:
    products = [site.products[each] for each in coupon.restricted_product_ids]
    return [
        {
            "id": coupon.id * 100 + position,
            "item_type": "Product",
            "item_id": product.id,
            "name": product.name,
            "handle": product.handle,
        }
        for position, product in enumerate(products, start=1)
    ]


def customer_view(customer: Customer) -> JsonObject:
    return {
        "id": customer.id,
        "first_name": customer.first_name,
        "last_name": customer.last_name,
        "organization": customer.organization,
        "email": customer.email,
        "created_at": stamp(customer.created_at),
        "updated_at": stamp(customer.updated_at),
        "reference": customer.reference,
        "address": customer.address,
        "address_2": customer.address_2,
        "city": customer.city,
        "state": customer.state,
        "state_name": customer.state,
        "zip": customer.zip,
        "country": customer.country,
        "country_name": customer.country,
        "phone": customer.phone,
        "portal_invite_last_sent_at": stamp(customer.portal_invited_at),
        "portal_invite_last_accepted_at": None,
        "verified": customer.verified,
        "portal_customer_created_at": stamp(customer.portal_enabled_at),
        "vat_number": customer.vat_number,
        "cc_emails": customer.cc_emails,
        "tax_exempt": customer.tax_exempt,
        "parent_id": None,
        "locale": customer.locale,
    }


def profile_view(profile: PaymentProfile) -> JsonObject:
    common: JsonObject = {
        "id": profile.id,
        "first_name": profile.first_name,
        "last_name": profile.last_name,
        "customer_id": profile.customer_id,
        "current_vault": profile.current_vault,
        "vault_token": profile.vault_token,
        "billing_address": profile.billing_address,
        "billing_city": profile.billing_city,
        "billing_state": profile.billing_state,
        "billing_zip": profile.billing_zip,
        "billing_country": profile.billing_country,
        "customer_vault_token": profile.customer_vault_token,
        "billing_address_2": profile.billing_address_2,
        "payment_type": profile.payment_type,
        "site_gateway_setting_id": 1,
        "gateway_handle": None,
        "created_at": stamp(profile.created_at),
        "updated_at": stamp(profile.updated_at),
    }
    if profile.payment_type == "bank_account":
        return common | {
            "bank_name": profile.bank_name,
            "masked_bank_routing_number": profile.masked_bank_routing_number,
            "masked_bank_account_number": profile.masked_bank_account_number,
            "bank_account_type": profile.bank_account_type,
            "bank_account_holder_type": profile.bank_account_holder_type,
            "verified": True,
        }
    return common | {
        "masked_card_number": profile.masked_card_number,
        "card_type": profile.card_type,
        "expiration_month": profile.expiration_month,
        "expiration_year": profile.expiration_year,
        "disabled": profile.disabled,
    }


def reason_code_view(site: Site, reason: ReasonCode) -> JsonObject:
    return {
        "id": reason.id,
        "site_id": site.id,
        "code": reason.code,
        "description": reason.description,
        "position": reason.position,
        "created_at": stamp(reason.created_at),
        "updated_at": stamp(reason.updated_at),
    }
