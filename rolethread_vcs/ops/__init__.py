"""One verb, one module: plain functions over a repository that return plain values; they print nothing, ask nothing."""
