"""Working together on versions: threads of comments, and who takes care of what."""
