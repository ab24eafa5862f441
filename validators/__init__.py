"""Checks of releases by other programs, which the product never imports."""
