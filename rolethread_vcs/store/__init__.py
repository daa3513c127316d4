"""The store: an ordinary git repository, read and written without the index. The only room that imports pygit2."""
