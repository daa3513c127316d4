"""Merge, pick and revert: three versions become one, or conflicts to be decided."""
