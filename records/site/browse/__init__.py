"""The pages that show records as tables, from the same parameters and queries as the API."""
