"""A site of as many subscriptions as one likes, computed from a seed."""

from datetime import datetime, timedelta

from chargify_simulator.seeds.grown.rows import Rows
from chargify_simulator.site import Site

from .catalogue import retire_old_products, sow_catalogue
from .lived_in import YEARS, on, sow_reason_codes


def sow_generated(site: Site, number: int, rows: int) -> None:
    today = site.now.replace(minute=0, second=0)
    with on(site, today - YEARS):
        products = sow_catalogue(site)
        sow_reason_codes(site)
    with on(site, today - timedelta(days=200)):
        retire_old_products(site, products)
    Rows(site, number, rows, today)


def regrow(site: Site, recipe: tuple[int, int, datetime]) -> None:
    """The rows of a generated site as a snapshot names them, with their catalogue."""
    number, rows, today = recipe
    with on(site, today):
        sow_generated(site, number, rows)
