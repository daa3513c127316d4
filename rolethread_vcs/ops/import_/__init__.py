"""Import: rows of foreign files become entries."""
