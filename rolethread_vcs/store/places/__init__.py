"""Where a dataset lies: opening and copying one, linked folders, its own configuration, the disk."""
