"""`PUT /subscriptions/{id}.json`: plan, billing date, card and the lesser terms."""

from chargify_simulator.fields import Fields
from chargify_simulator.http import Answer, Request, answer, not_implemented
from chargify_simulator.records import PaymentProfile, Subscription
from chargify_simulator.refusals import errors
from chargify_simulator.routing import Route
from chargify_simulator.rules import events
from chargify_simulator.rules.billing import collect
from chargify_simulator.rules.cards import read_profile
from chargify_simulator.rules.lifecycle import change_product, go_on_after_payment
from chargify_simulator.site import Site
from chargify_simulator.states import Op, State, ask

from .cancellation import schedule, undo
from .payment_profiles import add_profile
from .plan_choice import Choice, keep_custom, read_choice
from .subscriptions import full_view, get_subscription
from .terms import read_snap_day

ABSENT = ("components", "metafields", "group", "initial_billing_at", "defer_signup")
PLAN = (
    "product_handle",
    "product_id",
    "product_price_point_id",
    "product_price_point_handle",
    "custom_price",
)
PLAIN = ("stored_credential_transaction_id", "net_terms")
FLAGS = ("receives_invoice_emails", "dunning_communication_delay_enabled")
METHODS = {"automatic", "remittance", "prepaid", "invoice"}


def update(site: Site, request: Request) -> Answer:
    """Everything is checked before anything changes."""
    subscription = get_subscription(site, request)
    sent = request.fields.nested("subscription") or Fields({})
    if any(sent.values.get(name) for name in ABSENT):
        return not_implemented(request)
    choice = _choice(site, subscription, sent)
    card = _card(site, subscription, sent)
    _check(site, subscription, sent)
    if sent.values.keys():
        _write(site, subscription, sent)
        _change_plan(site, subscription, sent, choice)
        _change_billing_date(site, subscription, sent)
        _change_card(site, subscription, card)
        site.touch(subscription)
    return answer({"subscription": full_view(site, subscription)})


def _choice(site: Site, subscription: Subscription, sent: Fields) -> Choice | None:
    if not any(sent.values.get(name) for name in PLAN):
        return None
    is_delayed = sent.flag("product_change_delayed")
    ask(site, Op.DELAY_PRODUCT_CHANGE if is_delayed else Op.CHANGE_PRODUCT, subscription)
    choice = read_choice(site, subscription, sent)
    problems: list[str] = []
    if choice.product is None:
        problems.append(site.say("subscription.product_required"))
    if choice.price is None and (choice.names_price or choice.product):
        problems.append(site.say("subscription.price_point_foreign"))
    if problems:
        raise errors(*problems)
    return choice


def _card(site: Site, subscription: Subscription, sent: Fields) -> PaymentProfile | None:
    for root in ("credit_card_attributes", "bank_account_attributes"):
        attributes = sent.nested(root)
        if attributes is not None:
            customer = site.customers[subscription.customer_id]
            return read_profile(
                site,
                attributes,
                customer_id=customer.id,
                first_name=customer.first_name,
                last_name=customer.last_name,
            )
    return None


def _check(site: Site, subscription: Subscription, sent: Fields) -> None:
    next_billing_at = sent.instant("next_billing_at")
    if next_billing_at is not None:
        ask(site, Op.SET_NEXT_BILLING, subscription)
        if next_billing_at <= site.now:
            raise errors(site.say("subscription.next_billing_past"))
        if sent.flag("cancel_at_end_of_period"):
            raise errors(site.say("subscription.next_billing_and_cancel"))
    if sent.instant("expires_at") and (subscription.snap_day or sent.text("snap_day")):
        raise errors(site.say("calendar.expires_at"))
    read_snap_day(site, sent)
    _check_collection(site, subscription, sent.text("payment_collection_method"))
    reference = sent.text("reference")
    owner = site.find_subscription_by_reference(reference) if reference else None
    if owner is not None and owner is not subscription:
        raise errors(site.say("subscription.reference_taken"))
    if sent.flag("cancel_at_end_of_period"):
        ask(site, Op.DELAYED_CANCEL, subscription)
    _next_price(site, sent)


def _check_collection(site: Site, subscription: Subscription, method: str | None) -> None:
    if method is not None and method not in METHODS:
        raise errors(site.say("collection.unknown"))
    if method == "invoice" and subscription.state == State.PAST_DUE:
        raise errors(site.say("invoice.past_due"))


def _next_price(site: Site, sent: Fields) -> int | None:
    """`next_product_id` or `next_product_price_point_id`; an empty string undoes, and is None."""
    product = site.find_product(sent.text("next_product_id"))
    price = site.price_points.get(sent.integer("next_product_price_point_id") or 0)
    if (sent.text("next_product_id") and product is None) or (
        sent.text("next_product_price_point_id") and price is None
    ):
        raise errors(site.say("subscription.product_required"))
    if price is not None:
        return price.id
    return product.default_price_point_id if product else None


def _write(site: Site, subscription: Subscription, sent: Fields) -> None:
    for name in PLAIN:
        if name in sent:
            setattr(subscription, name, sent.integer(name))
    for name in FLAGS:
        if name in sent:
            setattr(subscription, name, sent.flag(name))
    subscription.snap_day = read_snap_day(site, sent) or subscription.snap_day
    if "reference" in sent:
        subscription.reference = sent.text("reference")
    method = sent.text("payment_collection_method")
    subscription.payment_collection_method = method or subscription.payment_collection_method
    if "expires_at" in sent:
        before, subscription.expires_at = subscription.expires_at, sent.instant("expires_at")
        events.expiration_changed(site, subscription, before)
    pending = sent.flag("cancel_at_end_of_period")
    if pending:
        schedule(site, subscription, sent)
    elif pending is False and subscription.cancel_at_end_of_period:
        undo(site, subscription)


def _change_plan(
    site: Site, subscription: Subscription, sent: Fields, choice: Choice | None
) -> None:
    """Now means: charged at the next renewal, without proration. Later: at the next renewal."""
    if "next_product_id" in sent or "next_product_price_point_id" in sent:
        _plan_change(site, subscription, _next_price(site, sent))
    if choice is None or choice.price is None:
        return
    price = keep_custom(site, subscription, choice.price)
    if sent.flag("product_change_delayed"):
        _plan_change(site, subscription, price.id)
    elif price.id != subscription.price_point_id:
        change_product(site, subscription, price.id)


def _plan_change(site: Site, subscription: Subscription, price_point_id: int | None) -> None:
    subscription.next_price_point_id = price_point_id
    if price_point_id is None:
        subscription.next_product_id = None
        return
    subscription.next_product_id = site.price_points[price_point_id].product_id
    events.product_change_scheduled(site, subscription)


def _change_billing_date(site: Site, subscription: Subscription, sent: Fields) -> None:
    """In a trial the billing date is the trial's end, so this extends it or cuts it short."""
    next_billing_at = sent.instant("next_billing_at")
    if next_billing_at is None:
        return
    before = subscription.next_assessment_at
    subscription.next_assessment_at = next_billing_at
    if subscription.state != State.AWAITING_SIGNUP:
        subscription.current_period_ends_at = next_billing_at
    if subscription.state == State.TRIALING:
        subscription.trial_ended_at = next_billing_at
    if subscription.cancel_at_end_of_period:
        subscription.delayed_cancel_at = next_billing_at
    events.billing_date_changed(site, subscription, before)


def _change_card(site: Site, subscription: Subscription, card: PaymentProfile | None) -> None:
    """A new card on a subscription that is past due is tried at once."""
    if card is None:
        return
    before = site.payment_profiles.get(subscription.payment_profile_id or 0)
    add_profile(site, card)
    subscription.payment_profile_id = card.id
    events.card_changed(site, subscription, before)
    if subscription.state == State.PAST_DUE and collect(site, subscription) is None:
        go_on_after_payment(site, subscription, ask(site, Op.RETRY, subscription))


ROUTES = [Route("PUT", "/subscriptions/{subscription}.json", update)]
