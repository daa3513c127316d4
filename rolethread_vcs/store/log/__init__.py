"""The operation log, and publishing a transaction."""
