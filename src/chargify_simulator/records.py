"""What a site holds. Instants are aware UTC; money is whole cents."""

from datetime import datetime

from msgspec import Struct, field


class ProductFamily(Struct, kw_only=True):
    id: int
    name: str
    handle: str | None
    description: str | None = None
    accounting_code: str | None = None
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None = None


class PricePoint(Struct, kw_only=True):
    id: int
    product_id: int
    name: str
    handle: str
    price_in_cents: int
    interval: int = 1
    interval_unit: str = "month"
    trial_price_in_cents: int | None = None
    trial_interval: int | None = None
    trial_interval_unit: str | None = None
    trial_type: str | None = None
    """no_obligation (trial_ended without a card) or payment_expected (past_due)."""
    initial_charge_in_cents: int | None = None
    initial_charge_after_trial: bool = False
    expiration_interval: int | None = None
    expiration_interval_unit: str | None = None
    type: str = "catalog"
    """default, catalog or custom; a custom one belongs to one subscription."""
    subscription_id: int | None = None
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None = None


class Product(Struct, kw_only=True):
    id: int
    family_id: int
    name: str
    handle: str | None
    description: str | None = None
    accounting_code: str | None = None
    tax_code: str | None = None
    require_credit_card: bool = True
    request_credit_card: bool = True
    default_price_point_id: int = 0
    version_number: int = 1
    signup_page_id: int | None = None
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None = None


class Coupon(Struct, kw_only=True):
    id: int
    family_id: int
    name: str
    code: str
    description: str = ""
    amount_in_cents: int | None = None
    percentage: str | None = None
    """A decimal as text, such as "15.2"."""
    recurring: bool = False
    duration_period_count: int | None = None
    conversion_limit: int | None = None
    stackable: bool = False
    compounding_strategy: str = "compound"
    """compound: on what is left; full-price: on the original price."""
    allow_negative_balance: bool = False
    exclude_mid_period_allocations: bool = False
    apply_on_cancel_at_end_of_period: bool = False
    apply_on_subscription_expiration: bool = False
    restricted_product_ids: list[int] = field(default_factory=list[int])
    subcodes: list[str] = field(default_factory=list[str])
    conversions: dict[str, int] = field(default_factory=dict[str, int])
    """How often each code was added; each subcode counts for itself."""
    start_date: datetime
    end_date: datetime | None = None
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None = None


class Customer(Struct, kw_only=True):
    id: int
    first_name: str
    last_name: str
    email: str
    cc_emails: str | None = None
    organization: str | None = None
    reference: str | None = None
    address: str | None = None
    address_2: str | None = None
    city: str | None = None
    state: str | None = None
    zip: str | None = None
    country: str | None = None
    phone: str | None = None
    locale: str | None = None
    vat_number: str | None = None
    tax_exempt: bool = False
    verified: bool | None = False
    portal_fetches: int = 0
    portal_link_at: datetime | None = None
    portal_enabled_at: datetime | None = None
    portal_invited_at: datetime | None = None
    created_at: datetime
    updated_at: datetime


class PaymentProfile(Struct, kw_only=True):
    id: int
    customer_id: int
    payment_type: str = "credit_card"
    first_name: str
    last_name: str
    masked_card_number: str | None = None
    card_type: str | None = None
    expiration_month: int | None = None
    expiration_year: int | None = None
    current_vault: str = "bogus"
    vault_token: str | None = None
    """On the test gateway its last digit decides: 1 good, 2 declined on charge, 3 gateway error."""
    customer_vault_token: str | None = None
    billing_address: str | None = None
    billing_address_2: str | None = None
    billing_city: str | None = None
    billing_state: str | None = None
    billing_zip: str | None = None
    billing_country: str | None = None
    bank_name: str | None = None
    masked_bank_routing_number: str | None = None
    masked_bank_account_number: str | None = None
    bank_account_type: str = "checking"
    bank_account_holder_type: str = "personal"
    disabled: bool = False
    created_at: datetime
    updated_at: datetime


class AppliedCoupon(Struct, kw_only=True):
    coupon_id: int
    code: str
    """As typed, so a subcode stays a subcode."""
    use_count: int = 0
    uses_allowed: int | None = None
    """None is unlimited."""


class Subscription(Struct, kw_only=True):
    id: int
    state: str
    customer_id: int
    product_id: int
    price_point_id: int
    product_price_in_cents: int
    product_version_number: int = 1
    payment_profile_id: int | None = None
    payment_collection_method: str = "automatic"
    reference: str | None = None
    coupons: list[AppliedCoupon] = field(default_factory=list[AppliedCoupon])
    balance_in_cents: int = 0
    """What is owed; `charged - revenue - forgiven = balance - credit` at all times."""
    credit_balance_in_cents: int = 0
    charged_in_cents: int = 0
    """All charges less all discounts and credits."""
    forgiven_in_cents: int = 0
    total_revenue_in_cents: int = 0
    period_paid_in_cents: int | None = None
    """What this period was charged, for proration; None: the full price."""
    bills: int = 0
    signup_revenue_in_cents: int = 0
    signup_payment_id: int = 0
    current_period_started_at: datetime | None = None
    current_period_ends_at: datetime | None = None
    next_assessment_at: datetime | None = None
    trial_started_at: datetime | None = None
    trial_ended_at: datetime | None = None
    activated_at: datetime | None = None
    expires_at: datetime | None = None
    canceled_at: datetime | None = None
    cancel_at_end_of_period: bool | None = False
    delayed_cancel_at: datetime | None = None
    cancellation_message: str | None = None
    cancellation_method: str | None = None
    reason_code: str | None = None
    on_hold_at: datetime | None = None
    held_from: str = "active"
    """The state that a resume goes back to."""
    automatically_resume_at: datetime | None = None
    dunning_started_at: datetime | None = None
    dunning_step: int = 0
    next_product_id: int | None = None
    next_price_point_id: int | None = None
    snap_day: str | None = None
    """Calendar billing: 1 to 28, or "end"."""
    net_terms: int | None = None
    receives_invoice_emails: bool | None = None
    referral_code: str | None = None
    stored_credential_transaction_id: int | None = None
    dunning_communication_delay_enabled: bool = False
    dunning_communication_delay_time_zone: str | None = None
    payment_requests: list[datetime] = field(default_factory=list[datetime])
    """When the customer was asked by e-mail for a new payment method."""
    created_at: datetime
    updated_at: datetime


class ReasonCode(Struct, kw_only=True):
    id: int
    code: str
    description: str
    position: int
    created_at: datetime
    updated_at: datetime


class Event(Struct, kw_only=True):
    id: int
    key: str
    message: str
    subscription_id: int | None
    customer_id: int | None
    created_at: datetime
    event_specific_data: dict[str, object] | None = None


class Note(Struct, kw_only=True):
    id: int
    subscription_id: int
    body: str
    is_sticky: bool = False
    created_at: datetime
    updated_at: datetime


class Endpoint(Struct, kw_only=True):
    id: int
    url: str
    webhook_subscriptions: list[str]
    failures: int = 0
    """In a row; a success or another address begins anew."""
    probes: int = 0
    next_probe_at: datetime | None = None
    created_at: datetime
    updated_at: datetime


class Webhook(Struct, kw_only=True):
    """One event on its way to one endpoint; its id outlives retries and replays."""

    id: int
    event: str
    subscription_id: int | None
    endpoint_id: int
    body: str
    created_at: datetime
    due_at: datetime | None
    """When the next attempt is to be made; None when there is none."""
    is_paused: bool = False
    attempts: int = 0
    last_error: str | None = None
    last_error_at: datetime | None = None
    accepted_at: datetime | None = None
    last_sent_at: datetime | None = None
    last_sent_url: str | None = None
    successful: bool = False
