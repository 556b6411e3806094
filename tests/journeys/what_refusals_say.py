"""What people read when Chargify refuses: every sentence as it stands on card and page.

Judge each as its reader would. A visitor: is it true, do I know how I stand, is it in my words? An
operator: what did Chargify say, what does it mean, what do I do now?
"""

from dataclasses import dataclass

from standfast.contract.actions import RefusalReason

R = RefusalReason


@dataclass(frozen=True)
class Said:
    """What the visitor reads on the card, and the operator of what Chargify said and meant."""

    visitor: str
    operator: str


# On the prompt's card.
DONE = "Done. Your subscription has been changed."
NOT_DONE = "We could not make this change. Nothing was charged."
GONE = "We could not make this change. Nothing was charged. This offer is no longer available."
NONE = (
    "We could not make this change. Nothing was charged. "
    "We found no subscription of yours to change."
)
NOT_NOW = (
    "We could not make this change. Nothing was charged. "
    "Your subscription does not allow it at the moment."
)
NOT_BOTH = (
    "We could not make this change. Nothing was charged. "
    "It cannot be combined with the discount you have."
)
DECLINED = (
    "We could not make this change. Nothing was charged. "
    "The payment was declined: please check your payment method."
)
ACT_FIRST = "Please add a payment method or confirm the payment first. Nothing has been charged."

# On the run's page, besides Chargify's words.
AS_WANTED = "The bill is as the button said."
NOTHING_CHANGED = "Nothing was changed and nothing was charged."
WAITS = "The customer must act first. Nothing is charged."
NO_RECORD = "Chargify no longer has this record. Chargify says: Not found."
TOO_LATE = (
    "Chargify says: The subscription is already canceled. It was not when this run read it just "
    "before."
)
STRANGE = "Chargify says: The moon is in the wrong house."
WAIT_FOR_THEM = (
    "Nothing yet: the customer has been told what to do. If they do not come back within a day, "
    "it is looked up once more, or cancelled."
)
TO_DO: dict[RefusalReason, str] = {
    R.BILLING_ID_UNMATCHED: "Check the id your app sends for this visitor: the billing system "
    "knows no such customer.",
    R.PLAN_UNKNOWN: "Choose a plan of the catalogue in the prompt.",
    R.PARAMETER_INVALID: "Open the prompt and mend the action's settings.",
    R.COUPON_UNKNOWN: "Check the coupon in the prompt: it must be in the catalogue, and to be "
    "removed it must be on the subscription.",
    R.OTHER: "The billing system's whole answer stands below. If it does not help, look at the "
    "customer there.",
    R.PAYMENT_DECLINED: "Once the customer has given another payment method, run it again.",
    R.WRONG_STATE: "The subscription's state does not allow this change now. Look at it "
    "in the billing system.",
    R.COUPON_NOT_STACKABLE: "The coupons cannot be combined. Let the new one replace the old "
    "one in the prompt, or choose stackable coupons.",
    R.COUPON_RETIRED: "The coupon is archived. Choose another one in the prompt.",
    R.NO_SUBSCRIPTION: "The customer has no subscription this change could be made to. "
    "Show the prompt to subscribers only.",
}

SAID: dict[str, Said] = {
    "customer_unknown": Said(
        NOT_DONE,
        "Chargify says: A Customer must be specified for the subscription to be valid. Check "
        "what chargify_id holds for this visitor.",
    ),
    "profile_blank": Said(
        ACT_FIRST,
        "Chargify says: Payment profile: cannot be blank. The customer must give a payment "
        "method that can be charged.",
    ),
    "product_handle_unknown": Said(
        GONE,
        "Chargify says: Product with API Handle 'x' does not exist for this site. Pick another "
        "plan in the prompt, or sync the catalogue.",
    ),
    "product_unknown": Said(
        NOT_DONE,
        "Chargify says: Product must be specified and be a valid product provided by the "
        "seller. Product price point must belong to product. Pick another plan in the prompt, "
        "or sync the catalogue.",
    ),
    "product_archived": Said(
        GONE,
        "Chargify says: Product must be specified and be a valid product provided by the "
        "seller. Pick another plan in the prompt, or sync the catalogue.",
    ),
    "coupon_unknown": Said(
        GONE,
        "Chargify says: Coupon Code: 'X' - Coupon code could not be found. Pick another coupon "
        "in the prompt, or sync the catalogue.",
    ),
    "card_expired": Said(
        ACT_FIRST,
        "Chargify says: Credit card: cannot be expired. The customer must give a payment method "
        "that can be charged.",
    ),
    "customer_incomplete": Said(
        NOT_DONE,
        "Chargify says: Last name: cannot be blank. Email address: cannot be blank. Complete "
        "the customer in Chargify.",
    ),
    "shipping_address_missing": Said(
        NOT_DONE,
        "Chargify says: Shipping Address: Customer: does not have a Shipping Address on file. "
        "Complete the customer in Chargify.",
    ),
    "no_method_on_file": Said(
        ACT_FIRST,
        "Chargify says: No payment method was on file for the $12.50 balance. The customer must "
        "give a payment method that can be charged.",
    ),
    "declined": Said(
        DECLINED,
        "Chargify says: Bogus Gateway: Forced failure. Ask the customer for another payment "
        "method.",
    ),
    "card_closed": Said(
        DECLINED,
        "Chargify says: This card account has been cancelled. Ask the customer for another "
        "payment method.",
    ),
    "three_d_secure": Said(
        ACT_FIRST,
        "The customer's bank wants the payment confirmed (3-D Secure).",
    ),
    "reason_too_long": Said(
        NOT_DONE,
        "Chargify says: reason_code size cannot be greater than 255. cancellation_message size "
        "cannot be greater than 65535. Correct the reason or the message in the prompt.",
    ),
    "not_an_object": Said(
        NOT_DONE,
        "Chargify says: subscription must be an Object. Nothing is wrong with the customer or "
        "the prompt. Please report this as a fault.",
    ),
    "group_past_due": Said(
        NOT_NOW,
        "Chargify says: Subscriptions group is in a past due state. Look at the subscription in "
        "Chargify.",
    ),
    "canceled_before": Said(DONE, AS_WANTED),
    "canceled_before_its_end": Said(DONE, AS_WANTED),
    "undo_too_late": Said(NOT_NOW, TOO_LATE),
    "undo_of_nothing": Said(NONE, NO_RECORD),
    "undo_unlisted": Said(NOT_DONE, STRANGE),
    "no_code_sent": Said(
        GONE,
        "Chargify says: A valid coupon code is required. Pick another coupon in the prompt, or "
        "sync the catalogue.",
    ),
    "code_unknown": Said(
        GONE,
        "Chargify says: Coupon Codes: 'X' - Coupon code could not be found. Coupon is invalid. "
        "Pick another coupon in the prompt, or sync the catalogue.",
    ),
    "code_unknown_when_replacing": Said(
        GONE,
        "Chargify says: Coupon Code: 'X' - Coupon code could not be found. Coupon is invalid. "
        "Pick another coupon in the prompt, or sync the catalogue.",
    ),
    "not_stackable": Said(
        NOT_BOTH,
        "Chargify says: Coupon Codes: 'B' - That coupon is not stackable. Coupon is invalid. "
        "Choose 'replace' in the prompt, or a coupon that stacks.",
    ),
    "has_one_that_does_not_stack": Said(
        NOT_BOTH,
        "Chargify says: Coupon Codes: Subscription already has at least one non-stackable "
        "coupon. Coupon is invalid. Choose 'replace' in the prompt, or a coupon that stacks.",
    ),
    "archived": Said(
        GONE,
        "Chargify says: Coupon Codes: 'X' - That coupon is no longer active. Coupon is invalid. "
        "Pick another coupon in the prompt, or sync the catalogue.",
    ),
    "code_and_codes": Said(
        NOT_DONE,
        "Chargify says: Coupon is invalid. Only one of 'code' or 'codes' may be set. Nothing is "
        "wrong with the customer or the prompt. Please report this as a fault.",
    ),
    "add_too_late": Said(NOT_NOW, TOO_LATE),
    "add_to_nothing": Said(NONE, NO_RECORD),
    "none_there": Said(
        GONE,
        "Chargify says: This subscription does not have any coupons. The coupon is not on the "
        "subscription; nothing has to be taken off.",
    ),
    "not_on_it": Said(
        GONE,
        "Chargify says: Coupon is invalid. The coupon is not on the subscription.",
    ),
    "none_applied": Said(
        GONE,
        "Chargify says: There's no coupon applied to this subscription. The coupon is not on "
        "the subscription; nothing has to be taken off.",
    ),
    "next_billing_past": Said(
        NOT_DONE,
        "Chargify says: Provided 'Next Billing' date must be in the future. Choose a later day "
        "in the prompt.",
    ),
    "hold_not_eligible": Said(
        NOT_NOW,
        "Chargify says: This subscription is not eligible to be put on hold. It is on hold "
        "already, or renews within 24 hours.",
    ),
    "resume_date_too_soon": Said(
        NOT_DONE,
        "Chargify says: Automatic resume date: must be at least 24 hours in the future. Choose "
        "a later day in the prompt.",
    ),
    "not_on_hold": Said(
        NOT_NOW,
        "Chargify says: Only subscriptions that are on hold can be resumed. Look at the "
        "subscription in Chargify.",
    ),
    "resume_without_card": Said(
        ACT_FIRST,
        "Chargify says: No payment method was on file for the $9.00 balance. The customer must "
        "give a payment method that can be charged.",
    ),
    "not_ended": Said(
        NOT_NOW,
        'Chargify says: Cannot reactivate a subscription that is not marked "Canceled" or '
        '"Trial Ended". Look at the subscription in Chargify.',
    ),
    "not_ended_old": Said(
        NOT_NOW,
        'Chargify says: Cannot reactivate a subscription that is not marked "Canceled", '
        '"Unpaid" or "Trial Ended". Look at the subscription in Chargify.',
    ),
    "resume_only": Said(
        NOT_NOW,
        "Chargify says: Request was 'resume only', but this subscription cannot be resumed. Its "
        "paid period is over. Choose 'begin a new one' in the prompt if a charge is meant.",
    ),
    "reactivate_declined": Said(
        DECLINED,
        "Chargify says: Bogus Gateway: Forced failure. Ask the customer for another payment "
        "method.",
    ),
    "reactivate_without_card": Said(
        ACT_FIRST,
        "Chargify says: No payment method was on file for the $9.00 balance. The customer must "
        "give a payment method that can be charged.",
    ),
    "reactivate_not_charged": Said(
        DECLINED,
        "Chargify says: The credit card on file could not be charged. Ask the customer for "
        "another payment method.",
    ),
    "reactivate_no_card_old": Said(
        ACT_FIRST,
        "Chargify says: The customer does not have a credit card on file. The customer must "
        "give a payment method that can be charged.",
    ),
    "retry_unsuccessful": Said(
        DECLINED,
        "Chargify says: base: subscription retry was unsuccessful. Ask the customer for another "
        "payment method.",
    ),
    "retry_of_an_ended_one": Said(
        NOT_DONE,
        "Chargify refused with status 422 and did not say why.",
    ),
    "product_invalid": Said(
        GONE,
        "Chargify says: Invalid Product. Pick another plan in the prompt, or sync the catalogue.",
    ),
    "not_eligible": Said(
        NOT_NOW,
        "Chargify says: This subscription is not eligible for a prorated migration. It has this "
        "plan already, or its state does not allow another one now.",
    ),
    "not_active": Said(
        NOT_NOW,
        "Chargify says: Subscription must be active. Look at the subscription in Chargify.",
    ),
    "no_card": Said(
        ACT_FIRST,
        "Chargify says: No credit card was on file for the $200.00 balance. The customer must "
        "give a payment method that can be charged.",
    ),
    "switch_declined": Said(
        DECLINED,
        "Chargify says: Your card was declined. Ask the customer for another payment method.",
    ),
    "switch_three_d_secure": Said(
        ACT_FIRST,
        "The customer's bank wants the payment confirmed (3-D Secure).",
    ),
    "later_product": Said(
        GONE,
        "Chargify says: Product must be specified and be a valid product provided by the "
        "seller. Pick another plan in the prompt, or sync the catalogue.",
    ),
    "later_point": Said(
        NOT_DONE,
        "Chargify says: Product price point must belong to product. Pick another plan in the "
        "prompt, or sync the catalogue.",
    ),
    "keep_nothing": Said(NONE, NO_RECORD),
    "keep_unlisted": Said(NOT_DONE, STRANGE),
}
