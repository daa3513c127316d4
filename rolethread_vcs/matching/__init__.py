"""Which row or line is which entry."""
