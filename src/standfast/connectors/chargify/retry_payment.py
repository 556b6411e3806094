"""Try once more to collect what a subscription owes."""

from standfast.connectors.chargify import previews
from standfast.connectors.chargify.changing import Change, Hindrance, Records, Wish, path_of, put
from standfast.connectors.chargify.choosing import PLAN, SUBSCRIPTION, WHICH, in_states, is_live
from standfast.connectors.chargify.writing import Job
from standfast.contract.actions import ActionSpec, NeedsVisitor, Preview
from standfast.contract.records import BillingRecord
from standfast.contract.transport import Call

SPEC = ActionSpec(
    key="retry_payment",
    title="Retry payment",
    sentence="Charges the open balance to the payment method on file, without waiting for dunning.",
    parameters=(PLAN, SUBSCRIPTION, WHICH),
    done="Your payment went through.",
    not_done="Your payment did not go through.",
    moves_money=True,
    has_preview=True,
    repeat_is_safe_because=(
        "a payment that went through empties the balance and the state is active again, and a "
        "retry on an active subscription does nothing; the token is sent all the same, so a "
        "second retry is not begun while the first is under way"
    ),
    needs="A past due or unpaid subscription with a payment method on it.",
    cost="The open balance, at once.",
    calls=("`PUT /subscriptions/{id}/retry.json`: the change; the answer holds it",),
)


class RetryPayment(Change):
    spec = SPEC
    may_charge = True
    tiers = (in_states("past_due", "unpaid", "soft_failure"),)
    was_so = "Nothing is open on it."

    def is_done(self, record: BillingRecord, wish: Wish) -> bool:
        """After a lost answer: paid is active; what still owes was declined or never tried."""
        return is_live(record)

    def hindrance(self, record: BillingRecord, wish: Wish, own: Records) -> Hindrance:
        if record.has_payment_method:
            return None
        text = (
            f"Subscription {record.external_id} has no payment method. The customer must give one."
        )
        return NeedsVisitor(text)

    def call(self, record: BillingRecord, wish: Wish, token: str) -> Call:
        """The definition shows no body for this call; the portal takes the token "on any PUT"."""
        return put(path_of(record, "retry"), {}, token, may_charge=True)

    def price(self, job: Job, record: BillingRecord, wish: Wish) -> Preview:
        return previews.collected(job, record)


RETRY_PAYMENT = RetryPayment().action()
