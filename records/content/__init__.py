"""The content of a version in one place: its fields, how drafts are built, how two differ."""
