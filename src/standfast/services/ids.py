"""New names for new things."""

import secrets


def new_id(prefix: str) -> str:
    """As in "prm_0123456789abcdef": 64 random bits, short enough for tokens and addresses."""
    return f"{prefix}_{secrets.token_hex(8)}"
