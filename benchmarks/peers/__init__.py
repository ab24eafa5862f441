"""What the API is measured against: other servers over the same rows."""
