"""Three billing changes from decision to bill, over public HTTP interfaces only."""
