"""Creating a dataset, and its settings."""
