"""Lists of the admin in a state that a curator named."""
