"""What `doctor` and `verify` found, as lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rolethread_vcs.phrases import count
from rolethread_vcs.views.terminal_text import Line, Lines, styled

if TYPE_CHECKING:
    from rolethread_vcs.ops.verify.doctor import Diagnosis, Health, Machine, Unlocked
    from rolethread_vcs.ops.verify.verify import Verification

_SHOWN = 40


def diagnosis_lines(result: Diagnosis, unlocked: Unlocked | None) -> Lines:
    """Yield what was looked at and how it is, below what was unlocked."""
    machine, health = result.machine, result.health
    if unlocked is not None:
        yield from _unlocked_lines(unlocked)
    rows = list(machine.versions.items())
    rows += [("system", machine.system), ("folder", str(machine.folder)), ("disk", _disk(machine))]
    if health is not None:
        rows += _health_rows(health)
    for name, text in rows:
        yield f"{name:<15} {text}"
    if result.trouble is not None:
        yield f"{styled('trouble:', 'error')} {result.trouble}"
    for sentence in result.advice:
        yield f"{styled('advice:', 'hint')} {sentence}"
    if result.trouble is None and not result.advice:
        yield "nothing is in the way"


def _unlocked_lines(unlocked: Unlocked) -> Lines:
    for lock in unlocked.removed:
        yield f"removed {lock.path}   ({_age(lock.age)} old)"
    for lock in unlocked.left:
        yield f"left    {lock.path}   (only {_age(lock.age)} old)"
    if unlocked.left:
        yield Line("hint", "if no git program is running: rtv doctor --unlock --yes")
    yield from unlocked.notes
    if not (unlocked.removed or unlocked.left or unlocked.notes):
        yield "there was nothing to unlock"


def _disk(machine: Machine) -> str:
    free = "free space unknown" if machine.free is None else f"{machine.free / (1 << 30):,.1f} GB free"
    cloud = "" if machine.cloud is None else f", copied by {machine.cloud}"
    return f"{machine.filesystem or 'unknown'}, {free}{cloud}"


def _health_rows(health: Health) -> list[tuple[str, str]]:
    locks = ", ".join(f"{lock.path.name} ({_age(lock.age)} old)" for lock in health.git_locks)
    unreadable = "does not read"
    return [
        ("files", "checked out" if health.checked_out else "not checked out (bare)"),
        ("writing", _writing(health)),
        ("durability", "safe: on the disk before it is reported" if health.durable else "fast"),
        ("identity", health.identity or "none (a neutral name is used)"),
        ("lock", f"held by {health.holder}" if health.holder else "free"),
        ("cut off", health.pending or "nothing"),
        ("locks of git", locks or "none"),
        ("leftovers", ", ".join(path.name for path in health.leftovers) or "none"),
        ("branch", health.branch or "none (looking at a commit)"),
        ("branches", unreadable if health.branches is None else f"{health.branches:,}"),
        *([("damaged refs", ", ".join(ref.name for ref in health.damaged_refs))] if health.damaged_refs else []),
        ("releases", unreadable if health.releases is None else f"{health.releases:,}"),
        (
            "operation log",
            unreadable if health.operations is None else count(health.operations, "operation", "operations"),
        ),
        ("packs", f"{health.packs:,}, and {count(health.loose, 'loose object', 'loose objects')}"),
    ]


def _writing(health: Health) -> str:
    if not health.unwritable:
        return "allowed"
    return "not possible: " + ("the disk is read-only" if health.read_only_disk else "this user has no right to")


def _age(seconds: float) -> str:
    if seconds < 120:
        return f"{int(seconds)} seconds"
    if seconds < 2 * 3600:
        return f"{int(seconds / 60)} minutes"
    return f"{int(seconds / 3600)} hours"


def verification_lines(result: Verification) -> Lines:
    """Yield what is damaged, and how much was looked at."""
    for problem in result.problems[:_SHOWN]:
        style = {"error": "error", "warning": "warning"}.get(str(problem.severity), "faint")
        yield f"{styled(f'{problem.severity}:', style)} {problem.message}"
    hidden = len(result.problems) - _SHOWN
    if hidden > 0:
        yield f"… and {count(hidden, 'problem', 'problems')} more; all of them: rtv verify --json"
    looked = ", ".join(
        (
            count(result.objects, "object", "objects"),
            count(result.entries, "version of entries", "versions of entries"),
            count(result.commits, "commit", "commits"),
            count(result.operations, "operation", "operations"),
        )
    )
    if result.ok:
        yield Line("report", f"all is whole: {looked}")
        return
    errors = sum(str(problem.severity) == "error" for problem in result.problems)
    yield f"{count(errors, 'thing is', 'things are')} damaged; looked at {looked}"
    yield Line("hint", "what is whole can be copied out first: rtv export --skip-damaged -o rescued.jsonl")
