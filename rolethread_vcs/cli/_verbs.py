"""The verbs of the command: name, group, what it does.

Written by `python -m rolethread_vcs.cli._generate_verbs` from the command modules; a test compares. It is
here so that help and completion need not import the commands.
"""

GROUPS = (
    "start",
    "entries",
    "organise",
    "history",
    "working copies",
    "gate",
    "safety",
    "insight",
)

VERBS: tuple[tuple[str, str, str], ...] = (
    ("completion", "start", "Print the script that completes verbs, options and ids in your shell"),
)
