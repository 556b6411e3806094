"""What happened, as `GET /events.json` tells it and webhooks carry it away."""

from collections.abc import Callable
from datetime import datetime

from chargify_simulator.eastern import EASTERN
from chargify_simulator.fields import JsonObject
from chargify_simulator.records import Customer, Event, PaymentProfile, PricePoint, Subscription
from chargify_simulator.site import Site
from chargify_simulator.subscription_view import subscription_view
from chargify_simulator.views import customer_view, product_view, profile_view

from .webhooks import enqueue

Parts = Callable[[], JsonObject]


def tell(
    site: Site,
    key: str,
    message: str,
    *,
    subscription: Subscription | None = None,
    customer: Customer | None = None,
    data: JsonObject | None = None,
    parts: Parts | None = None,
) -> None:
    """One event, and its webhooks where endpoints want them; `parts` is what these carry."""
    customer_id = subscription.customer_id if subscription else customer.id if customer else None
    event = Event(
        id=site.new_id("events"),
        key=key,
        message=message,
        subscription_id=subscription.id if subscription and subscription.id else None,
        customer_id=customer_id or None,
        created_at=site.now,
        event_specific_data=data,
    )
    site.events.append(event)
    if parts is not None:
        enqueue(site, event, parts)


def _name(site: Site, subscription: Subscription) -> str:
    return full_name(site.customers[subscription.customer_id])


def full_name(customer: Customer) -> str:
    return f"{customer.first_name} {customer.last_name}"


def _whose(site: Site, subscription: Subscription) -> str:
    """As every message ends: "Ada L's subscription to Basic"."""
    product = site.products[subscription.product_id]
    return f"{_name(site, subscription)}'s subscription to {product.name}"


def _money(cents: int) -> str:
    return f"${cents / 100:,.2f}"


def _shown(site: Site, subscription: Subscription, **more: object) -> Parts:
    return lambda: {"subscription": subscription_view(site, subscription, **more)}


def customer_created(site: Site, customer: Customer) -> None:
    _of_customer(site, "customer_create", f"Customer {full_name(customer)} created", customer)


def customer_updated(site: Site, customer: Customer) -> None:
    message = f"Customer information changed for {full_name(customer)}"
    _of_customer(site, "customer_update", message, customer)


def customer_deleted(site: Site, customer: Customer) -> None:
    _of_customer(site, "customer_delete", f"Customer {full_name(customer)} deleted", customer)


def _of_customer(site: Site, key: str, message: str, customer: Customer) -> None:
    tell(site, key, message, customer=customer, parts=lambda: {"customer": customer_view(customer)})


def signed_up(site: Site, subscription: Subscription) -> None:
    message = f"Successful signup for {_whose(site, subscription)}"
    _plain(site, "signup_success", message, subscription)


def signup_failed(site: Site, name: str, product: str, view: Parts) -> None:
    """The subscription was never stored; its webhook shows the state failed_to_create."""
    message = f"Signup failed for {name}'s subscription to {product}"
    tell(site, "signup_failure", message, parts=view)


def _plain(
    site: Site,
    key: str,
    message: str,
    subscription: Subscription,
    data: JsonObject | None = None,
    **more: object,
) -> None:
    parts = _shown(site, subscription, **more)
    tell(site, key, message, subscription=subscription, data=data, parts=parts)


def state_changed(site: Site, subscription: Subscription, previous: str) -> None:
    new = subscription.state
    message = f"State changed on {_whose(site, subscription)} from {previous} to {new}"
    data: JsonObject = {"previous_subscription_state": previous, "new_subscription_state": new}
    _plain(site, "subscription_state_change", message, subscription, data, previous_state=previous)


def purged(site: Site, subscription: Subscription) -> None:
    message = f"Subscription {subscription.id} purged"
    tell(site, "subscription_deletion", message, subscription=subscription)


def renewed(site: Site, subscription: Subscription, *, is_paid: bool) -> None:
    word = "Successful renewal" if is_paid else "Failed renewal"
    key = "renewal_success" if is_paid else "renewal_failure"
    message = f"{word} for {_whose(site, subscription)}"
    _plain(site, key, message, subscription, _payment_data(site, subscription))


def _payment_data(site: Site, subscription: Subscription) -> JsonObject:
    transaction = site.new_id("transactions")
    return {"product_id": subscription.product_id, "account_transaction_id": transaction}


def paid(site: Site, subscription: Subscription, cents: int, *, is_success: bool = True) -> None:
    """One payment attempt, as its event and with its transaction."""
    word = "Successful" if is_success else "Failed"
    key = "payment_success" if is_success else "payment_failure"
    message = f"{word} payment of {_money(cents)} for {_whose(site, subscription)}"
    data = _payment_data(site, subscription)

    def parts() -> JsonObject:
        transaction = _transaction(site, subscription, cents, data, is_success=is_success)
        return _shown(site, subscription)() | {"transaction": transaction}

    tell(site, key, message, subscription=subscription, data=data, parts=parts)


def _transaction(
    site: Site, subscription: Subscription, cents: int, data: JsonObject, *, is_success: bool
) -> JsonObject:
    product = site.products[subscription.product_id]
    card = site.payment_profiles.get(subscription.payment_profile_id or 0)
    return {
        "id": data["account_transaction_id"],
        "subscription_id": subscription.id,
        "type": "Payment",
        "kind": None,
        "transaction_type": "payment",
        "success": is_success,
        "amount_in_cents": cents,
        "memo": f"{_name(site, subscription)} - {product.name}",
        "created_at": site.now,
        "starting_balance_in_cents": subscription.balance_in_cents + (cents if is_success else 0),
        "ending_balance_in_cents": subscription.balance_in_cents,
        "gateway_used": card.current_vault if card else None,
        "gateway_transaction_id": None,
        "gateway_order_id": None,
        "gateway_response_code": None,
        "refunded_amount_in_cents": 0,
        "payment_id": None,
        "product_id": subscription.product_id,
        "tax_id": None,
        "component_id": None,
        "statement_id": None,
        "customer_id": subscription.customer_id,
        "card_number": card.masked_card_number if card else None,
        "card_expiration": _expiration(card),
        "card_type": card.card_type if card else None,
    }


def _expiration(card: PaymentProfile | None) -> str | None:
    if card is None or card.expiration_month is None:
        return None
    return f"{card.expiration_month:02d}/{card.expiration_year}"


def product_changed(site: Site, subscription: Subscription, before: PricePoint) -> None:
    now = site.price_points[subscription.price_point_id]
    old, new = site.products[before.product_id], site.products[now.product_id]
    message = (
        f"Product changed on {_name(site, subscription)}'s subscription "
        f"from '{old.name} ({before.name})' to '{new.name} ({now.name})'"
    )
    data: JsonObject = {"previous_product_id": old.id, "new_product_id": new.id}
    more: Parts = lambda: {"previous_product": product_view(site, old, before)}  # noqa: E731
    _with(site, "subscription_product_change", message, subscription, data, more)
    tell(
        site,
        "item_price_point_changed",
        "Product price point has been changed",
        subscription=subscription,
        data={
            "item_id": new.id,
            "item_type": "Product",
            "item_handle": new.handle,
            "item_name": new.name,
            "previous_price_point": _price_data(before),
            "current_price_point": _price_data(now),
        },
    )


def _price_data(price: PricePoint) -> JsonObject:
    return {"id": price.id, "handle": price.handle, "name": price.name}


def _with(
    site: Site,
    key: str,
    message: str,
    subscription: Subscription,
    data: JsonObject | None,
    more: Parts,
) -> None:
    parts: Parts = lambda: _shown(site, subscription)() | more()  # noqa: E731
    tell(site, key, message, subscription=subscription, data=data, parts=parts)


def product_change_scheduled(site: Site, subscription: Subscription) -> None:
    message = f"Product change scheduled on {_whose(site, subscription)}"
    _plain(site, "subscription_product_change_scheduled", message, subscription)


def migrated(site: Site, subscription: Subscription, before: PricePoint) -> None:
    message = f"Successful upgrade/downgrade of {_whose(site, subscription)}"
    old = site.products[before.product_id]
    more: Parts = lambda: {"previous_product": product_view(site, old, before)}  # noqa: E731
    _with(site, "upgrade_downgrade_success", message, subscription, None, more)


def migration_failed(site: Site, subscription: Subscription, target: PricePoint) -> None:
    message = f"Failed upgrade/downgrade of {_whose(site, subscription)}"
    product = site.products[target.product_id]
    more: Parts = lambda: {"target_product": product_view(site, product, target)}  # noqa: E731
    _with(site, "upgrade_downgrade_failure", message, subscription, None, more)


def cancellation_planned(site: Site, subscription: Subscription, *, is_pending: bool) -> None:
    word = "will be canceled at the end of the period" if is_pending else "will go on"
    message = f"{_whose(site, subscription)} {word}"
    data: JsonObject = {
        "cancellation_state": "requested" if is_pending else "removed",
        "cancels_at": subscription.delayed_cancel_at.isoformat()
        if subscription.delayed_cancel_at
        else None,
    }
    _with(site, "pending_cancellation_change", message, subscription, data, lambda: data)


def billing_date_changed(site: Site, subscription: Subscription, before: datetime | None) -> None:
    now = subscription.next_assessment_at
    days = [f"{each.astimezone(EASTERN):%m/%d/%Y}" if each else "" for each in (before, now)]
    message = f"Billing date changed on {_whose(site, subscription)} from {days[0]} to {days[1]}"
    _plain(site, "billing_date_change", message, subscription, previous_billing_date=before)


def expiration_changed(site: Site, subscription: Subscription, before: datetime | None) -> None:
    message = f"Expiration date changed on {_whose(site, subscription)}"
    _plain(site, "expiration_date_change", message, subscription, previous_expires_at=before)


def card_changed(site: Site, subscription: Subscription, before: PaymentProfile | None) -> None:
    message = f"Credit card updated on {_whose(site, subscription)}"
    now = site.payment_profiles.get(subscription.payment_profile_id or 0)
    product = site.products[subscription.product_id]
    family = site.families[product.family_id]

    def more() -> JsonObject:
        return {
            "product": {
                "id": product.id,
                "name": product.name,
                "product_family_id": family.id,
                "product_family_name": family.name,
            },
            "customer": customer_view(site.customers[subscription.customer_id]),
            "previous_payment_profile": profile_view(before) if before else {},
            "updated_payment_profile": profile_view(now) if now else {},
        }

    _with(site, "subscription_card_update", message, subscription, None, more)


def dunning_step(
    site: Site, subscription: Subscription, current: JsonObject, following: JsonObject
) -> None:
    message = f"Dunning step reached on {_whose(site, subscription)}"
    data: JsonObject = {
        "dunner": {
            "state": "active",
            "subscription_id": subscription.id,
            "revenue_at_risk_in_cents": subscription.balance_in_cents,
            "created_at": (subscription.dunning_started_at or site.now).isoformat(),
            "attempts": subscription.dunning_step,
            "last_attempted_at": site.now.isoformat(),
        },
        "current_step": current,
        "next_step": following,
    }
    customer = site.customers[subscription.customer_id]
    more: Parts = lambda: {"customer": customer_view(customer)} | data  # noqa: E731
    _with(site, "dunning_step_reached", message, subscription, data, more)
