"""Sites of a million rows that are computed from a seed, not kept."""
