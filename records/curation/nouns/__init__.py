"""The admin pages of each noun."""
