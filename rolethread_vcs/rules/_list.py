"""The rules with `unless`: code, name, severity, what they read, version, unless, how safe their repair is.

Written by `make docs` from the files beside it; a test compares.
"""

RULES: tuple[tuple[str, str, str, tuple[str, ...], int, str, str], ...] = (
    ("RT101", "missing_messages", "error", ("messages",), 1, "roles", "none"),
    ("RT102", "message_not_object", "error", ("messages",), 1, "whole", "none"),
    ("RT103", "missing_role", "error", ("messages",), 1, "roles_known", "none"),
    ("RT105", "unknown_role", "error", ("messages",), 1, "roles_known", "safe"),
    ("RT106", "no_assistant", "error", ("chosen", "messages"), 1, "is_answered", "none"),
    ("RT107", "system_not_first", "error", ("messages",), 1, "system_leads", "suggested"),
    ("RT109", "missing_content", "error", ("messages",), 1, "whole", "none"),
    ("RT110", "content_not_text", "error", ("chosen", "messages", "rejected"), 1, "only_texts", "safe"),
)
