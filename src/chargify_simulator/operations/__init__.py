"""What the vendor's API can do, one file per resource."""

from chargify_simulator.routing import Route

from . import (
    billing_date,
    cancellation,
    catalogue,
    coupons,
    customers,
    payment_profiles,
    portal,
    previews,
    price_points,
    reason_codes,
    signup,
    site,
    subscription_coupons,
    subscriptions,
)

ROUTES: list[Route] = [
    *site.ROUTES,
    *catalogue.ROUTES,
    *price_points.ROUTES,
    *coupons.ROUTES,
    *customers.ROUTES,
    *payment_profiles.ROUTES,
    *subscriptions.ROUTES,
    *signup.ROUTES,
    *previews.ROUTES,
    *billing_date.ROUTES,
    *cancellation.ROUTES,
    *subscription_coupons.ROUTES,
    *reason_codes.ROUTES,
    *portal.ROUTES,
]
