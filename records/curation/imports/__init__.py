"""Spreadsheets: checked row by row against the database, imported as drafts."""
