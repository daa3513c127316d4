"""Rows of foreign files: bringing them in, and writing entries out."""
