"""Charts of what the API returns, drawn on the server: their rows, their pages and their files."""
