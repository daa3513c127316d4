"""Plain git: its hooks, its merge and text drivers, and its unfinished merges."""
