"""Git objects: packs written and read by us, loose objects, trees, commits."""
