"""The curators' workplace: admin pages by noun and by workflow."""
