"""What `bench/actions.py` is made of."""
