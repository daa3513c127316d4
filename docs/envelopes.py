"""What `--json` prints: every envelope, the verbs that give it, its keys."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Envelope:
    """One JSON answer: its name, the verbs that give it, its keys; `list[].key` are those of its items.

    `remark` stands behind the keys.
    """

    name: str
    verbs: tuple[str, ...]
    keys: tuple[str, ...]
    items: tuple[tuple[str, tuple[str, ...]], ...] = ()
    remark: str = ""


_COMMIT = ("commit", "branch", "operation", "added", "changed", "removed", "findings", "dry_run", "message", "notes")
_FINDING = ("code", "name", "severity", "id", "index", "message", "text", "repair")
_CONFLICT = ("id", "field", "reason", "message", "base", "ours", "theirs", "absent", "suggestion", "place")
_CHANGES = ("entries", ("id", "change"))

ENVELOPES = (
    Envelope(
        "commit",
        (
            "add",
            "edit",
            "remove",
            "restore",
            "commit",
            "workcopy commit",
            "branch NAME",
            "switch",
            "release NAME",
            "config set",
        ),
        (*_COMMIT, "entries"),
        (_CHANGES, ("findings", _FINDING)),
    ),
    Envelope(
        "import",
        ("import", "init --from"),
        (
            *(*_COMMIT, "entries", "unchanged", "edited_since", "removed_before", "rejected", "rejects"),
            *("rejects_file", "repaired", "format", "source"),
        ),
        (_CHANGES, ("findings", _FINDING), ("rejects", ("line", "code", "message", "row", "source"))),
    ),
    Envelope(
        "merge",
        ("merge",),
        (
            *(*_COMMIT, "entries", "kind", "state", "ours", "theirs", "taken", "merged", "left_out", "conflicts"),
            *("void", "look_at"),
        ),
        (_CHANGES, ("conflicts", _CONFLICT), ("void", ("id", "field")), ("look_at", ("id", "field", "sentence"))),
        "; `state` is `committed`, `fast_forward`, `nothing`, `waiting` (status 50) or `aborted`",
    ),
    Envelope(
        "conflicts",
        ("conflicts",),
        ("kind", "branch", "command", "ours", "theirs", "base", "conflicts", "decided", "void", "moved"),
        (("conflicts", _CONFLICT), ("decided", ("id", "field")), ("void", ("id", "field"))),
    ),
    Envelope(
        "resolve",
        ("resolve",),
        ("commit", "operation", "branch", "dry_run", "decided", "conflicts"),
        (("decided", ("id", "field")), ("conflicts", _CONFLICT)),
        "; `conflicts` are those that are left",
    ),
    Envelope("error", ("every refusal",), ("status", "code", "message", "saved", "hint", "details", "findings")),
    Envelope("init", ("init",), ("folder", "name", "id", "commit")),
    Envelope("clone", ("clone",), ("folder", "entries", "branches", "commit")),
    Envelope(
        "list",
        ("list",),
        ("total", "more", "entries"),
        (("entries", ("id", "messages", "exchanges", "tags", "preview")),),
    ),
    Envelope("entry", ("show ID",), ("id", "rev", "commit")),
    Envelope("entries", ("show ID ID",), ("entries",), (("entries", ("id", "rev", "commit")),)),
    Envelope(
        "show",
        ("show REV",),
        (
            *("id", "parents", "author", "email", "time", "message", "trailers", "operation"),
            *("added", "changed", "removed", "details", "entries", "files"),
        ),
        (_CHANGES,),
        "; with `details` an entry has the keys of `rolethread.diff/v1`",
    ),
    Envelope(
        "log",
        ("log", "log ID"),
        ("commits",),
        (
            (
                "commits",
                (
                    *("id", "message", "author", "email", "time", "parents", "operation", "verb"),
                    *("added", "changed", "removed"),
                ),
            ),
        ),
        "; of a life also `entry`, and with each commit `entry`, `change`, `moved`, `origin`, `summary`, `text`",
    ),
    Envelope(
        "blame",
        ("blame",),
        ("id", "commit", "messages", "ends"),
        (("messages", ("side", "index", "message", "changed", "brought")),),
        "; `changed` and `brought` are `{id, author, email, time, subject}`",
    ),
    Envelope(
        "bisect",
        ("bisect",),
        ("running", "bad", "good", "skipped", "suspects", "test", "tests", "first_bad", "answers"),
        (("answers", ("answer", "commit", "time")),),
    ),
    Envelope(
        "diff",
        ("diff",),
        ("from", "to", "from_commit", "to_commit", "summary", "notes", "entries", "files"),
        (
            (
                "entries",
                (
                    *("id", "change", "moved", "lines", "problem", "messages", "chosen", "rejected", "tags"),
                    *("fields", "extra"),
                ),
            ),
            ("files", ("path", "change", "before", "after")),
        ),
        "; what stands in an entry is told in [diff.md](diff.md)",
    ),
    Envelope(
        "status",
        ("status",),
        (
            *("name", "branch", "commit", "strict", "entries", "checked_out", "unsaved", "foreign", "drafts"),
            *("conflicts", "unfinished", "git_merge", "interrupted", "why_read_only", "settings_problem"),
            *("damaged_refs", "last_operation", "last_command", "last_time"),
        ),
        (("unsaved", ("id", "change", "path")), ("conflicts", ("id", "field", "reason"))),
    ),
    Envelope(
        "check",
        ("check",),
        ("ok", "entries", "commit", "since", "counts", "findings"),
        (("findings", _FINDING),),
    ),
    Envelope(
        "ops",
        ("ops", "undo", "redo"),
        ("operations",),
        (
            (
                "operations",
                ("number", "command", "verb", "time", "branch", "added", "changed", "removed", "undone"),
            ),
        ),
    ),
    Envelope(
        "branches",
        ("branch",),
        ("branches", "damaged_refs"),
        (("branches", ("name", "commit", "current", "strict", "ahead", "behind", "note", "time", "subject")),),
    ),
    Envelope(
        "releases",
        ("release",),
        ("releases",),
        (("releases", ("name", "commit", "time", "by", "entries", "subject", "message", "annotated")),),
    ),
    Envelope(
        "release",
        ("release --show",),
        ("name", "commit", "time", "by", "entries", "subject", "message", "annotated", "previous", "changes"),
        (),
        "; `changes` counts what is `added`, `removed`, `changed`, `moved` since the release before it",
    ),
    Envelope(
        "removed",
        ("restore --removed",),
        ("more", "removed"),
        (
            (
                "removed",
                ("id", "commit", "last_in", "time", "message", "author", "operation", "verb", "tags", "preview"),
            ),
        ),
    ),
    Envelope(
        "config", ("config list", "config get"), ("settings",), (("settings", ("key", "value", "travels", "remark")),)
    ),
    Envelope("hooks", ("hooks install", "hooks remove"), ("folder", "hooks", "chained", "was_there", "dry_run")),
    Envelope(
        "rules",
        ("rules",),
        ("rules",),
        (("rules", ("code", "name", "severity", "default", "scope", "repair", "summary")),),
    ),
    Envelope(
        "export",
        ("export -o FILE",),
        (
            "entries",
            "commit",
            "revision",
            "sha256",
            "size",
            "format",
            "clean",
            "where",
            "path",
            "operation",
            "left_out",
        ),
    ),
    Envelope(
        "which",
        ("which",),
        (
            *("entries", "commit", "revision", "sha256", "size", "format", "clean", "where", "container", "path"),
            *("operation", "time"),
        ),
    ),
    Envelope(
        "workcopies",
        ("workcopy list", "workcopy add"),
        ("copies",),
        (
            (
                "copies",
                ("kind", "path", "branch", "commit", "format", "clean", "where", "lines", "touched", "problem"),
            ),
        ),
        "; `kind` is `file` or `folder`",
    ),
    Envelope(
        "workcopy",
        ("workcopy status",),
        (
            *("kind", "path", "branch", "commit", "tip", "newer", "apart", "format", "clean", "where"),
            *("counts", "respelled", "notes", "unsaved", "lines"),
        ),
        (("lines", ("line", "was", "change", "moved", "id", "candidates", "reason", "digest", "preview")),),
        "; lines count from 1, `candidates` are `{id, likeness}`, `id` may be filled in for `--decisions`",
    ),
    Envelope(
        "workcopy_refresh",
        ("workcopy refresh",),
        ("path", "before", "commit", "lines", "written", "set_aside", "dry_run"),
    ),
    Envelope("workcopy_removed", ("workcopy remove",), ("path", "deleted", "left", "dry_run")),
    Envelope("verify", ("verify",), ("ok", "problems", "objects", "commits", "entries", "operations")),
    Envelope(
        "doctor",
        ("doctor",),
        (
            *("versions", "system", "folder", "filesystem", "free", "cloud", "trouble", "advice", "dataset"),
            "unlocked",
        ),
    ),
)
"""What `--json` prints. A test runs the verbs and compares."""
