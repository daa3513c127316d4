"""Bringing back entries, messages and files as they were."""
