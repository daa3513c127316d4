"""The formats: name, precedence, other names, marks of a file (None: a format of rows).

Written by `make docs` from the files beside it; a test compares.
"""

FORMATS: tuple[tuple[str, int, tuple[str, ...], tuple[bytes, ...] | None], ...] = (
    ("messages", 10, ("chatml", "openai"), None),
    ("sharegpt", 20, (), None),
    ("alpaca", 30, (), None),
    ("sillytavern", 40, ("st",), (b"chat_metadata", b"user_name")),
)
