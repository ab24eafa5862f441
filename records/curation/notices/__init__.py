"""Notices by mail of what waits for people."""
