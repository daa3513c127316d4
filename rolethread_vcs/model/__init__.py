"""What an entry is: the value, its canonical JSON, its id, its path and its place in the order."""
