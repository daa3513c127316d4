"""Export: entries become rows of a file, and a file tells what it was exported from."""
