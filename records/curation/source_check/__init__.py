"""The addresses of statements: whether they still answer, and archived copies of them."""
