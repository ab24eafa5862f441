"""Errors that readers report: what they wrote, the curators' queue, and what came of it."""
