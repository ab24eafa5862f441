"""Profiles: the pages of parties, items and series."""
