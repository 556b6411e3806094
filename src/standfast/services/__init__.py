"""One use case per file; a transaction begins and ends here."""
