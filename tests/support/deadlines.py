"""A statement that takes longer than any deadline of the tests."""

SLOW = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 200000000)"
    " SELECT '', '', '', max(i) FROM n",
    "postgresql": "SELECT '', '', '', 1 FROM pg_sleep(30)",
}
"""Vendor of the database → the statement; its columns are those of a list."""
