"""A test site holds only so many of a kind."""

from .refusals import errors
from .site import Site


def check_maximum(site: Site, table: str) -> None:
    maximum = site.settings.test_site_maximum
    if maximum is not None and len(getattr(site, table)) >= maximum:
        raise errors(site.say("limit.test_site", maximum=maximum, what=table))
