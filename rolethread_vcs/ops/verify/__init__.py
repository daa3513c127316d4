"""The health of a dataset: every byte, and what may be in the way."""
