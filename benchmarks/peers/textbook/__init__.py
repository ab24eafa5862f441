"""What the API is measured against: the same tables served the textbook way."""
