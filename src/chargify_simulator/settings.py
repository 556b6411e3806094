"""What can be set while the simulator runs (`/_control/settings`)."""

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
    cut_seconds: float = 120.0
    """The vendor cuts every request after this long."""
    uniqueness_minutes: float = 60.0
    stackable_repeats: bool = True
    """A stackable coupon that is already there is added once more; false refuses it (assumed)."""
    portal_enabled: bool = True
