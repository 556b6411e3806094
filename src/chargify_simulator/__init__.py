"""A digital twin of Chargify (Maxio Advanced Billing): the same HTTP face, without the vendor."""
