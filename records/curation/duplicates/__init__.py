"""Possible duplicates: found, shown side by side, decided."""
