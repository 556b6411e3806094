"""What can be set while the simulator runs (`/_control/settings`)."""

from typing import Literal

import msgspec


class Settings(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    api_key: str = "chargify-key"
    more_keys: tuple[str, ...] = ()
    """Further keys of the same site: a site may hand out several."""
    subdomain: str = "acme"
    in_flight: int = 4
    """Requests that run at once per site; more wait."""
    queue: int = 20
    """Requests that may wait; above it the answer is 429."""
    test_site_maximum: int | None = None
    """Coupons, subscriptions, customers and products at most, each; the vendor's is 500."""
    cut_seconds: float = 120.0
    """The vendor cuts every request after this long."""
    uniqueness_minutes: float = 60.0
    stackable_repeats: bool = True
    """A stackable coupon that is already there is added once more; false refuses it (assumed)."""
    portal_enabled: bool = True
    dunning_days: tuple[float, ...] = (1, 4, 8, 15)
    """Days after the failure at which a payment is tried again."""
    dunning_final_action: Literal["canceled", "unpaid"] = "canceled"
    """What a subscription becomes when the last of these tries failed."""
    revert_on_failure: bool = True
    """The site's default for activations."""
    events_lag_seconds: float = 0.0
    """How long an event stays out of the lists; live tests wait 3 to 6 s for them."""
    shared_key: str = "shared-key"
    """Signs webhooks; it is not the API key, and no vendor call tells it."""
    webhook_timeout_seconds: float = 15.0
    webhook_copies: int = 1
    """How often each delivery is sent, to see whether a receiver minds."""
    webhook_shuffle_seed: int | None = None
    """Deliveries that are due together leave in the order of this luck."""
