"""Commits and operations: reading them, and going back along them."""
