"""Derived rows: search documents and filter statistics."""
