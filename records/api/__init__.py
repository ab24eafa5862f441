"""The public API: one module per noun, each with its serializer, its parameters, its viewset."""
