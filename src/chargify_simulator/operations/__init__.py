"""What the vendor's API can do, one file per resource."""

from chargify_simulator.routing import Route

from . import (
    activation,
    cancellation,
    catalogue,
    changes,
    coupons,
    customers,
    dunning,
    holding,
    migrations,
    overriding,
    payment_profiles,
    portal,
    previews,
    price_points,
    reactivation,
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
    *changes.ROUTES,
    *cancellation.ROUTES,
    *holding.ROUTES,
    *reactivation.ROUTES,
    *dunning.ROUTES,
    *activation.ROUTES,
    *overriding.ROUTES,
    *migrations.ROUTES,
    *subscription_coupons.ROUTES,
    *reason_codes.ROUTES,
    *portal.ROUTES,
]
