"""One module per representation."""
