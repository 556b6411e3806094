"""Northwind Boards: a small SaaS that embeds Standfast. It shares no line with the product."""
