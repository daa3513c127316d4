"""The state of a dataset as lines: its status and settings, its hooks, and what `doctor` and `verify` found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rolethread_vcs.errors import RoleThreadError
from rolethread_vcs.model.layout import id_of_path
from rolethread_vcs.phrases import age, count, rest_line, short_time
from rolethread_vcs.views.terminal_text import Line, Lines, Look, change_head, styled

if TYPE_CHECKING:
    from rolethread_vcs.ops.edit.status import Survey, Upstream
    from rolethread_vcs.ops.git_support.hooks import HooksChange
    from rolethread_vcs.ops.merge.resolve import OpenMerge
    from rolethread_vcs.ops.settings.settings import Setting
    from rolethread_vcs.ops.verify.doctor import Diagnosis, Health, Unlocked
    from rolethread_vcs.ops.verify.verify import Verification
    from rolethread_vcs.store.checkout import Unsaved

_SHOWN = 20


def status_lines(survey: Survey, waiting: OpenMerge | RoleThreadError | None, look: Look) -> Lines:
    if survey.branch is None:
        where = "at a commit, on no branch" + ("" if survey.git else " (start one here: rtv switch -c NAME)")
    else:
        gate = "strict" if survey.is_strict else "report-only"
        where = f"on {styled(survey.branch, 'heading')} ({gate})"
    yield f"{survey.name}: {where} @ {styled(survey.commit[:10], 'id')}"
    files = "" if survey.is_checked_out else "; no files are checked out"
    yield f"{count(survey.entries, 'entry')}{files}"
    if survey.left_out:
        left_out = count(survey.left_out, "file is", "files are")
        yield f"{left_out} not checked out here (a sparse checkout of git), and part of the dataset all the same"
    if survey.upstream is not None:
        yield from _upstream_lines(survey.upstream, look)
    if survey.is_partial:
        yield "git left some of it at the remote (a partial clone); the rest: git fetch --refetch --no-filter"
    if survey.interrupted is not None:
        yield survey.interrupted.said
    if survey.why_read_only is not None:
        yield f"{survey.why_read_only} (install a newer one)"
    for ref in survey.damaged_refs:
        yield f"{styled('damaged:', 'error')} {ref}"
        yield "  mend it with: rtv verify --repair"
    if isinstance(waiting, RoleThreadError):
        yield f"a merge is unfinished, and cannot be gone on with: {waiting.message}"
        yield f"  {waiting.hint or 'abort it: rtv merge --abort'}"
    elif waiting is not None:
        from rolethread_vcs.views.merges import next_steps

        found = waiting.unfinished
        left = count(len(waiting.conflicts), "conflict is", "conflicts are")
        yield f"unfinished: {styled(found.command, 'heading')} on {found.branch}; {left} left to decide"
        for step in next_steps(found.kind, found.labels, waiting.conflicts):
            yield f"  {step}"
    if survey.git is not None:
        conflicts = survey.git.conflicts
        yield survey.git.said + (f"; {count(len(conflicts), 'file is', 'files are')} in conflict:" if conflicts else "")
        yield from (f"  ! {id_of_path(path) or path}" for path in conflicts[:_SHOWN])
        yield from (f"  {line}" for line in rest_line(len(conflicts), _SHOWN))
        ways = ([] if conflicts else [f"go on: {survey.git.go_on}"]) + [f"abort it: {survey.git.abort}"]
        if conflicts:
            on = "" if survey.git.kind == "conflicts" else f", then: {survey.git.go_on}"
            ways.insert(0, f"correct each and stage it (git add FILE){on}")
        yield f"  {'   '.join(ways)}"
    yield from _unsaved_lines(survey)
    yield from _draft_lines(survey.drafts)
    last = survey.last_operation
    if last is None:
        yield "nothing was done here yet"
        return
    way_back = "take that back with: rtv redo" if last.verb == "undo" else "undo with: rtv undo"
    line = f"last operation: {last.number} {last.command}, {short_time(last.time, now=look.now)}"
    yield f"{line}   {way_back}" if survey.can_undo else line


def _upstream_lines(upstream: Upstream, look: Look) -> Iterator[str]:
    if upstream.commit is None:
        yield f"{upstream.name}, which this branch follows, is not there any more"
    else:
        from rolethread_vcs.views.branches import distance

        when = "" if upstream.fetched is None else f" ({age(upstream.fetched, now=look.now)})"
        yield f"{distance(upstream.ahead, upstream.behind, upstream.name)}, as fetched last{when}"
    if upstream.behind:
        yield f"  take in what is new there: rtv merge {upstream.name}"


def _draft_lines(names: tuple[str, ...]) -> Iterator[str]:
    of_entries = [name for name in names if not name.startswith(("config", "resolve-", "merge-", "pick-"))]
    for name in names:
        stem = name.removesuffix(".txt")
        verb, _, place = stem.partition("-")
        ways = {"resolve": f"rtv resolve {place} --edit", "merge": "rtv merge BRANCH -p", "pick": "rtv pick REV -p"}
        resume = ways.get(verb, "rtv config edit --resume")
        if name in of_entries:
            resume = f"rtv edit --resume{f' {stem}' if len(of_entries) > 1 else ''}"
        yield f"unfinished draft: {name}   go on with: {resume}"
    if len(of_entries) > 1:
        yield "throw all of them away: rtv edit --discard-draft --all"


def _unsaved_lines(survey: Survey) -> Iterator[str]:
    is_stopped = survey.git is not None and survey.git.kind != "bisect"
    if survey.unsaved:
        if is_stopped:
            yield f"{count(len(survey.unsaved), 'file differs', 'files differ')} from the last commit:"
        else:
            yield f"{count(len(survey.unsaved), 'hand-edited file is', 'hand-edited files are')} not saved:"
        yield from _edit_lines(survey.unsaved)
        if is_stopped:
            yield "  rtv commit and rtv restore refuse until that has ended"
        elif {edit.path for edit in survey.unsaved} & {edit.path for edit in survey.staged}:
            yield "  rtv commit and rtv restore refuse files of which git has a third content staged, see below"
        elif survey.branch is None:
            yield "  keep them: rtv switch -c NAME, then rtv commit   throw them away: rtv restore --all"
        elif any(edit.problem for edit in survey.unsaved):
            yield "  rtv commit refuses until all can be saved   throw them away: rtv restore --all"
        else:
            yield "  keep them: rtv commit   throw them away: rtv restore --all"
    elif survey.is_checked_out and not (is_stopped or survey.staged):
        yield "everything is saved"
    if survey.staged:
        yield f"git has other content staged of {count(len(survey.staged), 'file')} than is on disk:"
        yield from _edit_lines(survey.staged)
        yield "  save it: git commit   drop it: git restore --staged FILE"
    if survey.foreign:
        yield f"{count(len(survey.foreign), 'file is', 'files are')} no part of the dataset, and left alone:"
        yield from _edit_lines(survey.foreign)


def _edit_lines(edits: tuple[Unsaved, ...]) -> Iterator[str]:
    for edit in edits[:_SHOWN]:
        yield f"  {change_head(edit.change, edit.id or edit.path)}" + (f"   {edit.problem}" if edit.problem else "")
    yield from (f"  {line}" for line in rest_line(len(edits), _SHOWN))


# ---- doctor and verify


_PROBLEMS_SHOWN = 40


def diagnosis_lines(result: Diagnosis, unlocked: Unlocked | None) -> Lines:
    machine, health = result.machine, result.health
    if unlocked is not None:
        for state, locks in (("removed", unlocked.removed), ("left", unlocked.left)):
            for lock in locks:
                yield f"{state:<7} {lock.path}   ({'only ' if state == 'left' else ''}{_age(lock.age)} old)"
        if unlocked.left:
            yield Line("hint", "if no git program is running: rtv doctor --unlock --yes")
        yield from unlocked.notes
        if not (unlocked.removed or unlocked.left or unlocked.notes):
            yield "there was nothing to unlock"
    free = "free space unknown" if machine.free is None else f"{machine.free / (1 << 30):,.1f} GB free"
    cloud = "" if machine.cloud is None else f", copied by {machine.cloud}"
    rows = [
        *machine.versions.items(),
        ("system", machine.system),
        ("folder", str(machine.folder)),
        ("disk", f"{machine.filesystem or 'unknown'}, {free}{cloud}"),
    ]
    if health is not None:
        rows += (row for row in _health_rows(health) if row[1])
    for name, text in rows:
        yield f"{name:<15} {text}"
    if result.trouble is not None:
        yield f"{styled('trouble:', 'error')} {result.trouble}"
    for sentence in result.advice:
        yield f"{styled('advice:', 'hint')} {sentence}"
    if result.trouble is None and not result.advice:
        yield "nothing is in the way"


def _health_rows(health: Health) -> list[tuple[str, str]]:
    writing = "allowed"
    if health.unwritable:
        writing = f"not possible: {'the disk is read-only' if health.read_only_disk else 'this user has no right to'}"
    unread = "cannot be read"
    return [
        ("files", "checked out" if health.checked_out else "not checked out (bare)"),
        ("writing", writing),
        ("durability", "safe: on the disk before it is reported" if health.durable else "fast"),
        ("identity", health.identity or "none (a neutral name is used)"),
        ("lock", f"held by {health.holder}" if health.holder else "free"),
        ("cut off", health.pending.command if health.pending else "nothing"),
        ("locks of git", ", ".join(f"{lock.path.name} ({_age(lock.age)} old)" for lock in health.git_locks) or "none"),
        ("leftovers", ", ".join(path.name for path in health.leftovers) or "none"),
        ("branch", health.branch or "none (looking at a commit)"),
        ("branches", unread if health.branches is None else f"{health.branches:,}"),
        ("damaged refs", ", ".join(ref.name for ref in health.damaged_refs)),
        ("releases", unread if health.releases is None else f"{health.releases:,}"),
        ("operation log", unread if health.operations is None else count(health.operations, "operation")),
        ("packs", f"{health.packs:,}, and {count(health.loose, 'loose object')}"),
    ]


def _age(seconds: float) -> str:
    if seconds < 120:
        return f"{int(seconds)} seconds"
    if seconds < 2 * 3600:
        return f"{int(seconds / 60)} minutes"
    return f"{int(seconds / 3600)} hours"


_LOST = {"missing_object", "missing_value", "lost_commit", "damaged_object", "damaged_pack", "unreadable_operation"}
"""Kinds of problems that a copy of the dataset mends best, since something may be lost here."""


def verification_lines(result: Verification) -> Lines:
    for sentence in result.repaired:
        yield Line("report", f"repaired: {sentence}")
    if result.quarantine is not None:
        yield Line("report", f"what was in the way is kept in {result.quarantine}")
    for problem in result.problems[:_PROBLEMS_SHOWN]:
        style = {"error": "error", "warning": "warning"}.get(str(problem.severity), "faint")
        yield f"{styled(f'{problem.severity}:', style)} {problem.message}"
    for line in rest_line(len(result.problems), _PROBLEMS_SHOWN, "problem"):
        yield f"{line}; all of them: rtv verify --json"
    looked = ", ".join(
        (
            count(result.objects, "object"),
            count(result.entries, "version of entries", "versions of entries"),
            count(result.commits, "commit"),
            count(result.operations, "operation"),
        )
    )
    if result.ok:
        yield Line("report", f"no damage found: {looked}")
        return
    errors = sum(str(problem.severity) == "error" for problem in result.problems)
    yield f"{count(errors, 'thing is', 'things are')} damaged; looked at {looked}"
    if result.objects:
        yield Line("hint", "what is whole can be copied out first: rtv export --skip-damaged -o rescued.jsonl")
    if _LOST & {problem.kind for problem in result.problems}:
        yield Line("hint", "with another copy or a bundle, first: rtv verify --repair --from COPY|BUNDLE")
        yield Line("hint", "without one, mend what can be mended: rtv verify --repair")
    else:
        yield Line("hint", "mend what can be mended: rtv verify --repair   (with another copy: --from COPY)")


# ---- hooks, settings


def installed_hooks_lines(done: HooksChange, *, would: bool) -> Lines:
    if done.hooks:
        state = "were in place already" if done.was_there else f"{'would be' if would else 'are'} in place"
        yield Line("report", f"{', '.join(done.hooks)} {state} ({done.folder})")
    for name in done.chained:
        yield Line("report", f"the {name} hook that was there runs first ({name}{done.suffix})")
    yield Line("report", f"git {'would show and merge' if would else 'shows and merges'} entries as conversations")
    if not would:
        yield Line("hint", "take this out again with: rtv hooks remove")


def removed_hooks_lines(done: HooksChange, *, would: bool) -> Lines:
    if not done.was_there:
        yield Line("report", "none of our hooks was in place; the drivers are out")
        return
    yield Line("report", f"{', '.join(done.hooks)} and the drivers {'would go' if would else 'are gone'}")
    for name in done.chained:
        yield Line("report", f"the {name} hook that was there before {'would be' if would else 'is'} back")
    if not would:
        yield Line("hint", "put them in again with: rtv hooks install")


def settings_lines(settings: Sequence[Setting]) -> Lines:
    keys = max(len(setting.key) for setting in settings)
    for travels, heading in ((True, "of the dataset"), (False, "of this machine")):
        yield styled(heading, "heading")
        for setting in settings:
            if setting.travels == travels:
                absent = "(not set)" if setting.value is None else "(none)"
                remark = styled(f"   {setting.remark}", "faint") if setting.remark else ""
                yield f"  {setting.key.ljust(keys)}  {setting.value or styled(absent, 'faint')}{remark}"
