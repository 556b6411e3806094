"""The billing systems we can talk to, and the one way out to them."""
