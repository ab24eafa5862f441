"""The life of a version in the admin: steps, review, merging, history."""
