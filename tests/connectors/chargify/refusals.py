"""What Chargify says no with, and what it means: every text of chargify-api.md, 3.9 to 3.15.

Each case is a body in the vendor's shape, put into the simulator's mouth at the action's write,
so a journey can show what visitor and operator read of it:

    site.will_say(*case.write, case.status, case.body)

Evidence: L the vendor's live tests, D documented, O older client libraries, I inferred shape.
What our actions never send (cards, invoices, calendar billing, activation) cannot be refused.
"""

from dataclasses import dataclass

from connectors.chargify.stages import OTHER_WISHES, OTHER_WRITES, WISHES, WRITES, Wish
from standfast.contract.actions import NeedsVisitor, RefusalReason, Succeeded

R = RefusalReason
Expected = RefusalReason | type[NeedsVisitor] | type[Succeeded]


@dataclass(frozen=True)
class Case:
    """`why` tells why OTHER is right, where it is expected. `is_other`: the action's other way."""

    id: str
    action: str
    body: object
    expected: Expected
    evidence: str
    status: int = 422
    why: str = ""
    is_other: bool = False

    @property
    def wish(self) -> Wish:
        return (OTHER_WISHES if self.is_other else WISHES)[self.action]

    @property
    def write(self) -> tuple[str, str]:
        return (OTHER_WRITES if self.is_other else WRITES)[self.action]


def _list(text: str) -> dict[str, list[str]]:
    return {"errors": [text]}


def _said(code: str, text: str) -> dict[str, list[str]]:
    return {
        "coupon_codes": [f"Coupon Codes: '{code}' - {text}"],
        "subscription": ["Coupon is invalid."],
    }


_3DS = "https://acme.chargify.com/3d-secure/pay_uerzhsxd5uhkbodx5jhvkg6yeu"
_CREATE, _CANCEL, _ADD = "create_subscription", "cancel_subscription", "add_coupon"
_SWITCH = "switch_plan"
_ALREADY = "The subscription is already canceled"
_NO_PRODUCT = "Product must be specified and be a valid product provided by the seller."
_NO_POINT = "Product price point must belong to product."
_CARD_CLOSED = "This card account has been cancelled"
_UNLISTED = "no public source gives a text; the vendor's own words are told"
_STRANGE = _list("The moon is in the wrong house.")
_UNDO, _UNDO_CHANGE = "undo_cancellation", "undo_plan_change"
_INCOMPLETE = "the customer's own fields; nothing a prompt gives"
_OURS = "says that our request is malformed, which would be our bug"

CREATE = [
    Case(
        "customer_unknown",
        _CREATE,
        _list("A Customer must be specified for the subscription to be valid."),
        R.BILLING_ID_UNMATCHED,
        "L",
    ),
    Case("profile_blank", _CREATE, _list("Payment profile: cannot be blank."), NeedsVisitor, "L"),
    Case(
        "product_handle_unknown",
        _CREATE,
        _list("Product with API Handle 'x' does not exist for this site."),
        R.PLAN_UNKNOWN,
        "O",
    ),
    Case(
        "product_unknown",
        _CREATE,
        {"errors": [_NO_PRODUCT, _NO_POINT]},
        R.PARAMETER_INVALID,
        "L",
    ),
    Case("product_archived", _CREATE, _list(_NO_PRODUCT), R.PLAN_UNKNOWN, "L"),
    Case(
        "coupon_unknown",
        _CREATE,
        _list("Coupon Code: 'X' - Coupon code could not be found."),
        R.COUPON_UNKNOWN,
        "L",
    ),
    Case("card_expired", _CREATE, _list("Credit card: cannot be expired."), NeedsVisitor, "O"),
    Case(
        "customer_incomplete",
        _CREATE,
        {"errors": ["Last name: cannot be blank.", "Email address: cannot be blank."]},
        R.OTHER,
        "O",
        why=_INCOMPLETE,
    ),
    Case(
        "shipping_address_missing",
        _CREATE,
        _list("Shipping Address: Customer: does not have a Shipping Address on file"),
        R.OTHER,
        "R",
        why=_INCOMPLETE,
    ),
    Case(
        "no_method_on_file",
        _CREATE,
        _list("No payment method was on file for the $12.50 balance"),
        NeedsVisitor,
        "L",
    ),
    Case("declined", _CREATE, _list("Bogus Gateway: Forced failure"), R.PAYMENT_DECLINED, "L"),
    Case("card_closed", _CREATE, _list(_CARD_CLOSED), R.PAYMENT_DECLINED, "I"),
    Case(
        "three_d_secure",
        _CREATE,
        {
            "errors": ["Your card was declined. 3-D Secure is required."],
            "gateway_payment_id": "pi_1F0aGoJ2UDb3Q4av7zU3sHPh",
            "description": "3D Secure authentication required",
            "action_link": _3DS,
        },
        NeedsVisitor,
        "D",
    ),
]
CANCEL = [
    Case(
        "reason_too_long",
        _CANCEL,
        {
            "errors": [
                "reason_code size cannot be greater than 255",
                "cancellation_message size cannot be greater than 65535",
            ]
        },
        R.PARAMETER_INVALID,
        "L",
    ),
    Case(
        "not_an_object",
        _CANCEL,
        _list("subscription must be an Object"),
        R.OTHER,
        "D",
        why=_OURS,
    ),
    Case(
        "group_past_due",
        _CANCEL,
        _list("Subscriptions group is in a past due state"),
        R.WRONG_STATE,
        "D",
    ),
    Case("canceled_before", _CANCEL, {"error": _ALREADY}, Succeeded, "L"),
    Case("canceled_before_its_end", _CANCEL, _list(_ALREADY), Succeeded, "L", is_other=True),
    Case("undo_too_late", _UNDO, _list(_ALREADY), R.WRONG_STATE, "I"),
    Case("undo_of_nothing", _UNDO, {"error": "Not found"}, R.NO_SUBSCRIPTION, "I", status=404),
    Case("undo_unlisted", _UNDO, _STRANGE, R.OTHER, "I", why=_UNLISTED),
]
COUPONS = [
    Case(
        "no_code_sent",
        _ADD,
        {"subscription": ["A valid coupon code is required."]},
        R.COUPON_UNKNOWN,
        "L",
    ),
    Case(
        "code_unknown", _ADD, _said("X", "Coupon code could not be found."), R.COUPON_UNKNOWN, "L"
    ),
    Case(
        "code_unknown_when_replacing",
        _ADD,
        {
            "coupon_code": ["Coupon Code: 'X' - Coupon code could not be found."],
            "subscription": ["Coupon is invalid."],
        },
        R.COUPON_UNKNOWN,
        "L",
    ),
    Case(
        "not_stackable",
        _ADD,
        _said("B", "That coupon is not stackable"),
        R.COUPON_NOT_STACKABLE,
        "L",
    ),
    Case(
        "has_one_that_does_not_stack",
        _ADD,
        {
            "codes": ["Coupon Codes: Subscription already has at least one non-stackable coupon."],
            "subscription": ["Coupon is invalid."],
        },
        R.COUPON_NOT_STACKABLE,
        "L",
    ),
    Case("archived", _ADD, _said("X", "That coupon is no longer active."), R.COUPON_RETIRED, "L"),
    Case(
        "code_and_codes",
        _ADD,
        {"subscription": ["Coupon is invalid.", "Only one of 'code' or 'codes' may be set."]},
        R.OTHER,
        "L",
        why=_OURS,
    ),
    Case("add_too_late", _ADD, {"error": _ALREADY}, R.WRONG_STATE, "I"),
    Case("add_to_nothing", _ADD, {"error": "Not found"}, R.NO_SUBSCRIPTION, "D", status=404),
    Case(
        "none_there",
        "remove_coupon",
        {"subscription": ["This subscription does not have any coupons."]},
        R.COUPON_UNKNOWN,
        "L",
    ),
    Case(
        "not_on_it",
        "remove_coupon",
        {"subscription": ["Coupon is invalid."]},
        R.COUPON_UNKNOWN,
        "L",
    ),
    Case(
        "none_applied",
        "remove_coupon",
        ["There's no coupon applied to this subscription"],
        R.COUPON_UNKNOWN,
        "D",
    ),
]
DATES = [
    Case(
        "next_billing_past",
        "extend_trial",
        _list("Provided 'Next Billing' date must be in the future"),
        R.PARAMETER_INVALID,
        "O",
    ),
    Case(
        "hold_not_eligible",
        "pause",
        _list("This subscription is not eligible to be put on hold."),
        R.WRONG_STATE,
        "L",
    ),
    Case(
        "resume_date_too_soon",
        "pause",
        _list("Automatic resume date: must be at least 24 hours in the future."),
        R.PARAMETER_INVALID,
        "L",
    ),
    Case(
        "not_on_hold",
        "resume",
        _list("Only subscriptions that are on hold can be resumed."),
        R.WRONG_STATE,
        "L",
    ),
    Case(
        "resume_without_card",
        "resume",
        _list("No payment method was on file for the $9.00 balance"),
        NeedsVisitor,
        "I",
    ),
]
REACTIVATE = [
    Case(
        "not_ended",
        "reactivate",
        _list('Cannot reactivate a subscription that is not marked "Canceled" or "Trial Ended".'),
        R.WRONG_STATE,
        "L",
    ),
    Case(
        "not_ended_old",
        "reactivate",
        _list(
            'Cannot reactivate a subscription that is not marked "Canceled", "Unpaid" or '
            '"Trial Ended".'
        ),
        R.WRONG_STATE,
        "O",
    ),
    Case(
        "resume_only",
        "reactivate",
        _list("Request was 'resume only', but this subscription cannot be resumed."),
        R.WRONG_STATE,
        "D",
    ),
    Case(
        "reactivate_declined",
        "reactivate",
        _list("Bogus Gateway: Forced failure"),
        R.PAYMENT_DECLINED,
        "L",
    ),
    Case(
        "reactivate_without_card",
        "reactivate",
        _list("No payment method was on file for the $9.00 balance"),
        NeedsVisitor,
        "D",
    ),
    Case(
        "reactivate_not_charged",
        "reactivate",
        _list("The credit card on file could not be charged."),
        R.PAYMENT_DECLINED,
        "O",
    ),
    Case(
        "reactivate_no_card_old",
        "reactivate",
        _list("The customer does not have a credit card on file."),
        NeedsVisitor,
        "O",
    ),
    Case(
        "retry_unsuccessful",
        "retry_payment",
        _list("base: subscription retry was unsuccessful"),
        R.PAYMENT_DECLINED,
        "D",
    ),
    Case(
        "retry_of_an_ended_one",
        "retry_payment",
        {"errors": []},
        R.OTHER,
        "L",
        why="an empty list says nothing; states that are not retried are refused before the call",
    ),
]
MIGRATIONS = [
    Case("product_invalid", _SWITCH, _list("Invalid Product"), R.PLAN_UNKNOWN, "D"),
    Case(
        "not_eligible",
        _SWITCH,
        _list("This subscription is not eligible for a prorated migration"),
        R.WRONG_STATE,
        "D",
    ),
    Case("not_active", _SWITCH, _list("Subscription must be active"), R.WRONG_STATE, "D"),
    Case(
        "no_card",
        _SWITCH,
        _list("No credit card was on file for the $200.00 balance"),
        NeedsVisitor,
        "D",
    ),
    Case("switch_declined", _SWITCH, _list("Your card was declined."), R.PAYMENT_DECLINED, "D"),
    Case(
        "switch_three_d_secure",
        _SWITCH,
        {"errors": ["3D Secure authentication required"], "action_link": _3DS},
        NeedsVisitor,
        "D",
    ),
]
AT_RENEWAL = [
    Case("later_product", _SWITCH, _list(_NO_PRODUCT), R.PLAN_UNKNOWN, "L", is_other=True),
    Case("later_point", _SWITCH, _list(_NO_POINT), R.PARAMETER_INVALID, "L", is_other=True),
    Case("keep_nothing", _UNDO_CHANGE, {"error": "Not found"}, R.NO_SUBSCRIPTION, "I", status=404),
    Case("keep_unlisted", _UNDO_CHANGE, _STRANGE, R.OTHER, "I", why=_UNLISTED),
]
CASES = [*CREATE, *CANCEL, *COUPONS, *DATES, *REACTIVATE, *MIGRATIONS, *AT_RENEWAL]

PORTAL = ("GET", "*management_link.json")
PORTAL_REFUSALS: dict[str, tuple[int, object]] = {
    "not_enabled": (422, _list("Billing Portal is not enabled for this customer.")),
    "asked_too_often": (
        429,
        {
            "errors": {
                "error": "Too many requests for this customer's management link",
                "new_link_available_at": "2023-10-20T10:46:56Z",
            }
        },
    ),
}
"""What Chargify says where it tells no way to the billing portal (D)."""
