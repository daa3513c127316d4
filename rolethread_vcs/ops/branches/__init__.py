"""Names for commits: branches and releases, and where you are."""
