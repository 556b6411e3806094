"""Every sentence the simulator says, with where it is known from.

`assumed` texts stand in no public source: tests change them to prove that a client does not
depend on them (`PUT /_control/texts`). Sources: (L) asserted by the vendor's own live tests,
(D) documented.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Text:
    text: str
    source: str
    assumed: bool = False


def _live(text: str) -> Text:
    return Text(text, "asserted by the vendor's live tests")


def _documented(text: str) -> Text:
    return Text(text, "documented by the vendor")


def _assumed(text: str, why: str = "no public source gives it") -> Text:
    return Text(text, why, assumed=True)


TEXTS: dict[str, Text] = {
    "auth.denied": _live("HTTP Basic: Access denied.\n"),
    "limit.usage_violation": _documented(
        "Your request was denied due to a usage violation.  You can track this request with "
        "support by referencing {request_id}"
    ),
    "token.duplicate": _documented("DuplicatePrevention::DuplicateSubmissionError"),
    "limit.test_site": _assumed(
        "Test sites are limited to {maximum} {what}.", "the limit is documented, its words are not"
    ),
    "body.malformed": _assumed("The request body is not valid JSON."),
    "root.blank": _live("can't be blank"),
    "page.invalid": _live("invalid page: {page}"),
    # Customers
    "customer.first_name_blank": _live("First name: cannot be blank."),
    "customer.last_name_blank": _live("Last name: cannot be blank."),
    "customer.email_blank": _live("Email address: cannot be blank."),
    "customer.email_invalid": _assumed("Email address: must be a valid email address."),
    "customer.reference_taken": _live("Reference: must be unique - that value has been taken."),
    "customer.has_live_subscriptions": _assumed(
        "Customer cannot be deleted while it has subscriptions."
    ),
    # Catalogue
    "family.required": _documented("A valid product_family_id is required"),
    "name.blank": _live("Name: cannot be blank."),
    "family.handle_taken": _live("API Handle: must be unique - that value has been taken."),
    "product.handle_taken": _live(
        "API Handle: must be unique - '{handle}' has been taken by another Product in this Site."
    ),
    "product.handle_malformed": _live(
        "API Handle: may only contain lowercase letters, numbers, underscores, and dashes"
    ),
    "product.interval_too_small": _live("Recurring Interval: must be greater than or equal to 1."),
    "product.interval_unit_blank": _live("Interval unit: cannot be blank."),
    "product.interval_unit_unknown": _live("Interval unit: must be 'month' or 'day'."),
    "product.price_not_a_number": _assumed("Price: is not a number."),
    "product.not_archivable": _live("Product cannot be archived."),
    "price_point.date_field": _documented("date_field must be one of: created_at, updated_at"),
    # Coupons
    "coupon.code_blank": _live("Code: cannot be blank."),
    "coupon.code_taken": _live("Code: must be unique - that value has been taken."),
    "coupon.code_malformed": _assumed(
        "Code: may only contain letters, numbers and the characters % @ + - _ ."
    ),
    "coupon.percentage_too_big": _live("Percentage: must be less than or equal to 100."),
    "coupon.percentage_too_small": _assumed("Percentage: must be greater than 0."),
    "coupon.amount_too_small": _live("Amount: must be greater than or equal to $0.00."),
    "coupon.end_date_past": _live("Expiration Date cannot be in the past"),
    "coupon.both_discounts": _live(
        "Either a Discount Percentage or Amount must be specified, but not both"
    ),
    "coupon.prices_on_percentage": _live("Cannot create prices for a percentage-based coupon."),
    "coupon.no_discount": _assumed(
        "Either a Discount Percentage or Amount must be specified",
        "by analogy with the text for both",
    ),
    "coupon.not_found": _live("Coupon code could not be found."),
    "coupon.archived": _live("That coupon is no longer active."),
    "coupon.expired": _assumed("That coupon has expired."),
    "coupon.limit_reached": _assumed("That coupon has reached its conversion limit."),
    "coupon.not_for_product": _assumed("That coupon is not valid for this product."),
    "coupon.repeated": _assumed("That coupon is already applied to this subscription."),
    "coupon.not_stackable": _live("That coupon is not stackable"),
    "coupon.one": _live("Coupon Code: '{code}' - {reason}"),
    "coupon.many": _live("Coupon Codes: '{code}' - {reason}"),
    "coupon.has_non_stackable": _live(
        "Coupon Codes: Subscription already has at least one non-stackable coupon."
    ),
    "coupon.required": _live("A valid coupon code is required."),
    "coupon.invalid": _live("Coupon is invalid."),
    "coupon.code_or_codes": _live("Only one of 'code' or 'codes' may be set."),
    "coupon.none": _live("This subscription does not have any coupons."),
    "coupon.removed": _documented("Coupon removed."),
    # Payment profiles and the test gateway
    "card.month_blank": _live("Credit card expiration month: cannot be blank."),
    "card.year_blank": _live("Credit card expiration year: cannot be blank."),
    "card.number_blank": _live("Credit card number: cannot be blank."),
    "card.number_malformed": _live("Credit card number: must be a valid credit card number."),
    "card.expired": _documented("Credit card: cannot be expired."),
    "bank.routing_blank": _documented("Bank routing number: cannot be blank."),
    "bank.account_blank": _documented("Bank account number: cannot be blank."),
    "token.not_found": _documented("Chargify token not found"),
    "gateway.declined": _live("Bogus Gateway: Forced failure"),
    "gateway.error": _assumed("Bogus Gateway: Gateway error"),
    "profile.blank": _live("Payment profile: cannot be blank."),
    "profile.required": _assumed(
        "Payment profile: cannot be blank.", "by analogy with an empty card object"
    ),
    "profile.foreign": _assumed("Payment profile: must belong to the customer."),
    "profile.none_on_file": _live("No payment method was on file for the {amount} balance"),
    "profile.already_current": _live("This is already the current payment profile"),
    "profile.in_use": _live(
        "The payment profile is in use by one or more subscriptions and cannot be deleted"
    ),
    # Subscriptions
    "subscription.customer_required": _live(
        "A Customer must be specified for the subscription to be valid."
    ),
    "subscription.product_handle_unknown": _documented(
        "Product with API Handle '{handle}' does not exist for this site."
    ),
    "subscription.product_required": _live(
        "Product must be specified and be a valid product provided by the seller."
    ),
    "subscription.product_archived": _assumed(
        "Product must be specified and be a valid product provided by the seller.",
        "by analogy with an unknown product",
    ),
    "subscription.price_point_foreign": _live("Product price point must belong to product."),
    "subscription.reference_taken": _assumed(
        "Reference: must be unique - that value has been taken.", "by analogy with customers"
    ),
    "subscription.next_billing_past": _documented(
        "Provided 'Next Billing' date must be in the future"
    ),
    "subscription.next_billing_and_cancel": _assumed(
        "cancel_at_end_of_period cannot be combined with next_billing_at.",
        "announced on 2022-12-07 without its text",
    ),
    "subscription.component_unknown": _live("Couldn't find Component by {id}"),
    "cancel.already": _live("The subscription is already canceled"),
    "cancel.reason_code_too_long": _live("reason_code size cannot be greater than 255"),
    "cancel.message_too_long": _live("cancellation_message size cannot be greater than 65535"),
    "cancel.not_an_object": _documented("subscription must be an Object"),
    "cancel.default_reason": _live("CH:Unknown"),
    "delayed_cancel.scheduled": _live(
        "This subscription is scheduled to be canceled at the end of the current period"
    ),
    "delayed_cancel.undone": _live(
        "This subscription will no longer cancel at the end of the period"
    ),
    "delayed_cancel.past_due": _assumed(
        "The subscription cannot be canceled at the end of the period while it is past due."
    ),
    "delayed_cancel.not_eligible": _assumed(
        "This subscription is not eligible for a delayed cancellation."
    ),
    # Calendar billing, currencies, referrals
    "calendar.expires_at": _documented(
        "'expires_at' cannot be set for subscriptions on calendar billing"
    ),
    "calendar.next_billing_at": _assumed(
        "'next_billing_at' cannot be set for subscriptions on calendar billing",
        "by analogy with expires_at",
    ),
    "calendar.snap_day": _assumed("Snap day: must be 1 to 28, or 'end'."),
    "currency.unknown": _assumed("Currency: is not supported by this site."),
    "referral.invalid": _live("Invalid referral code."),
    # What becomes of a subscription; states.py says in which state each one is said
    "hold.not_eligible": _live("This subscription is not eligible to be put on hold."),
    "hold.not_on_hold": _live("Subscription is not currently on hold."),
    "hold.resume_date_too_soon": _live(
        "Automatic resume date: must be at least 24 hours in the future."
    ),
    "resume.not_on_hold": _live("Only subscriptions that are on hold can be resumed."),
    "reactivate.wrong_state": _live(
        'Cannot reactivate a subscription that is not marked "Canceled" or "Trial Ended".'
    ),
    "reactivate.not_resumable": _documented(
        "Request was 'resume only', but this subscription cannot be resumed."
    ),
    "retry.unsuccessful": _documented("base: subscription retry was unsuccessful"),
    "dunning.not_eligible": _live(
        "This subscription is not eligible to have its dunning canceled."
    ),
    "activate.not_eligible": _live(
        "Only trialing or awaiting signup subscriptions can be activated immediately."
    ),
    "activate.failed": _live("{problem}. The subscription is now in the '{state}' state."),
    "migration.not_eligible": _documented(
        "This subscription is not eligible for a prorated migration"
    ),
    "migration.not_active": _documented("Subscription must be active"),
    "migration.invalid_product": _documented("Invalid Product"),
    "migration.date_outside_period": _assumed(
        "Proration date: must be within the current billing period."
    ),
    "override.period_start_future": _live(
        "Current period starts at: must be before current date and time"
    ),
    "override.period_start_billed": _live(
        "Current period starts at: can only be updated if subscription has no statements or "
        "invoices"
    ),
    "override.unpermitted": _assumed("found unpermitted parameter: {name}"),
    "override.malformed": _assumed("{name}: is not a valid date/time"),
    "invoice.past_due": _documented(
        "Payment collection method cannot be set to 'invoice' when the subscription is past due"
    ),
    "collection.unknown": _assumed("Payment collection method: is not included in the list"),
    "endpoint.url_malformed": _documented("URL: invalid, only http and https supported"),
    "endpoint.key_unknown": _documented("Event key is not valid - {event}"),
    "price_point.interval_blank": _documented("Recurring Interval: cannot be blank."),
    "price_point.price_blank": _documented("Price in cents: cannot be blank."),
    "price_point.price_negative": _documented("Price: must be greater than or equal to 0."),
    "price_point.default_not_archivable": _live("Cannot archive the default price point."),
    "price_point.custom_not_archivable": _live(
        "The custom product price point cannot be archived."
    ),
    "price_point.custom_fixed": _assumed("The custom product price point cannot be updated."),
    "price_point.not_promotable": _assumed("This price point cannot be the default."),
    "profile.too_many_requests": _live(
        "Too many requests. You can perform 5 requests within 00:30:00"
    ),
    "note.body_blank": _assumed("Body: cannot be blank."),
    # Reason codes and the portal
    "reason_code.code_blank": _live("Code: cannot be blank."),
    "reason_code.description_blank": _live("Description: cannot be blank."),
    "reason_code.code_taken": _live("Code: This code is already in use."),
    "portal.disabled": _documented("Billing Portal is not enabled for this customer."),
    "portal.already_enabled": _documented("Portal is already enabled for this customer."),
    "portal.too_many": _documented("Too many requests for this customer's management link"),
}


class Texts:
    """The table with what a test has changed."""

    def __init__(self) -> None:
        self.changed: dict[str, str] = {}

    def say(self, key: str, **parts: object) -> str:
        text = self.changed[key] if key in self.changed else TEXTS[key].text
        for name, value in parts.items():
            text = text.replace("{" + name + "}", str(value))
        return text

    def change(self, key: str, text: str) -> None:
        """Raises KeyError for a key that is not in the table."""
        TEXTS[key]
        self.changed[key] = text
