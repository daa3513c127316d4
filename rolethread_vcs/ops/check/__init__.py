"""Findings of the rules in entries of a revision."""
