"""The verbs of the command: name, group, what it does.

Written by `python docs/generate_verbs.py` from the command modules; a test compares. It is
here so that help and completion need not import the commands.
"""

GROUPS = (
    "start",
    "entries",
    "history",
    "working copies",
    "gate",
    "safety",
    "git",
)

VERBS: tuple[tuple[str, str, str], ...] = (
    ("init", "start", "Start a dataset in a folder, empty or with the entries of files"),
    ("clone", "start", "Copy a dataset with its whole history, all its branches and releases"),
    ("demo", "start", "Tell the story of a day with a dataset, on one of our own writing that you can go on with"),
    ("status", "start", "Show where you are, what is not saved, what is unfinished, and what was done last"),
    ("config", "start", "Read and change settings"),
    ("doctor", "start", "Look at what may be in the way: versions, disk, cloud folder, identity, locks, leftovers"),
    ("completion", "start", "Print the script that completes verbs, options and ids in your shell"),
    ("import", "entries", "Bring the rows of files in as entries, in one commit"),
    ("export", "entries", "Write the entries of a commit as a file for a trainer, or to standard output"),
    ("which", "entries", "Say from which commit, and with which options, a file was exported"),
    ("add", "entries", "Add an entry: from a file, from words, or in your editor"),
    ("edit", "entries", "Edit entries: in your editor, or one field at a time"),
    ("remove", "entries", "Remove entries from the dataset; history still holds their text"),
    ("list", "entries", "List entries: number, exchanges, tags, and how each one begins"),
    ("show", "entries", "Show entries as they read, or a commit with what it changed, word by word"),
    ("commit", "history", "Save what you edited by hand in the files of the dataset"),
    ("log", "history", "Show the history of the dataset, or the life of one entry, newest first"),
    ("diff", "history", "Show what changed: messages, words, tags, fields, between any two states or files"),
    ("blame", "history", "Say for each message of an entry who last changed it, when, and which commit brought it in"),
    ("branch", "history", "List branches, or make, note, rename and delete them"),
    ("switch", "history", "Go to a branch; with -c, make it first"),
    ("release", "history", "Name a version of the dataset, or list, describe, move and delete the names"),
    ("merge", "history", "Merge a branch, or another copy of the dataset, into the branch you are on"),
    ("conflicts", "history", "Show what needs your decision after a merge, a revert or a pick, word by word"),
    ("resolve", "history", "Decide conflicts of a merge, a revert or a pick"),
    ("revert", "history", "Take an old change back, and keep the work that was done since"),
    ("restore", "history", "Throw hand edits away, or bring entries back as they were in an earlier revision"),
    ("pick", "history", "Do here what a commit did on another branch, or only what it did to some entries"),
    ("bisect", "history", "Find the change of the data that made it worse, by testing a few of the commits between"),
    ("undo", "history", "Take the last command back: as if it had never happened"),
    ("redo", "history", "Bring back what the last undo took"),
    ("ops", "history", "List what you did, newest first: each line is one operation that rtv undo can take back"),
    ("workcopy", "working copies", "Work on a branch in one plain file, with any editor or script, or in a folder"),
    ("check", "gate", "Check entries against the rules; ends with status 30 when there are errors"),
    ("rules", "gate", "List the rules and how much each one weighs here, or explain one"),
    ("hooks", "gate", "Put our hooks and drivers into the repository, for people who use git itself; or take them out"),
    ("verify", "safety", "Verify the dataset to the last byte: objects, entries, branches and the operation log"),
    ("git-hook", "git", "Ask the gate about what git is about to do; called by the hooks of git"),
    ("git-merge-driver", "git", "Merge three versions of a file the way this program merges; called by git"),
    ("git-textconv", "git", "Print a file of a dataset as people read it, for git's diff; called by git"),
)
