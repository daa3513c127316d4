"""The verbs: each file is one, found by listing this folder; its docstring is its help."""
