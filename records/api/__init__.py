"""Public API: a resource per noun, a view class per representation, and their routes."""
