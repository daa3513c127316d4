"""The checked-out folder and its index."""
