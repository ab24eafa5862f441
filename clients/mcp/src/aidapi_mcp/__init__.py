"""A Model Context Protocol server over AidAPI."""
