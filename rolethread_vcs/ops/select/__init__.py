"""Selecting entries: by numbers, ids and queries; pages of them."""
