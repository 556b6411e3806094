"""Who is meant: rules over traits, read, interpreted and compiled."""
