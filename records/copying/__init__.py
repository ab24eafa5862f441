"""Copying: the whole of one database into an empty other one, on the same or the other engine."""
