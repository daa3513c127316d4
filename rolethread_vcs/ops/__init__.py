"""What every verb decides: plain functions over a repository that return plain values; they print and ask nothing."""
