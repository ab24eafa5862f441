"""Parties and items that somebody proposes and somebody else accepts."""
