"""Releases: the whole dataset as of a revision, in files that never change."""
