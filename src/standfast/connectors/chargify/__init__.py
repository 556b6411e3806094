"""Chargify (Maxio Advanced Billing)."""
