"""A bench prints its table and nothing else; what the product logs below a warning is left out."""

import logging

import structlog


def be_quiet() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
