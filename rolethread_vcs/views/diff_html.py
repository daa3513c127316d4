"""Shows what differs as one page for a browser that needs nothing else: no network, no other file.

Everything that comes from a dataset is escaped by the template, and the page forbids the browser to run any script but
its own, to load anything, and to send anything.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from functools import partial
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from rolethread_vcs.diff import ChangeKind
from rolethread_vcs.ops.compare.comparison import ChangeCounts, Comparison
from rolethread_vcs.views import diff_layout as layout
from rolethread_vcs.views.diff_text import summary_line
from rolethread_vcs.views.entries import gist_of, speaker_and_role
from rolethread_vcs.views.terminal_text import CHANGE_MARKS, one_line, safe_text

_LINE = 300
_UNFOLDED = 100
"""Unchanged messages in a row that the page holds, to be unfolded and found by the filter."""
_ROLES = frozenset({"system", "user", "assistant", "tool"})
_DID = {"insert": "added", "remove": "removed", "edit": "edited", "move": "moved", "attributes": "changed"}


def html_page(comparison: Comparison, words: layout.Words = "auto") -> Iterator[str]:
    environment = Environment(
        loader=PackageLoader("rolethread_vcs.views"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(
        gist=gist_of,
        speaker_and_role=speaker_and_role,
        one_line=partial(one_line, width=_LINE),
        number=lambda number: f"{number:,}",
        summary_of=lambda entry: layout.summary_of(entry, entry.diff),
        changed_lists=lambda entry: layout.changed_lists(entry, entry.diff),
        text_changes=partial(layout.text_changes, words=words),
        notes=lambda each: filter(None, (_DID[each.op], layout.was_note(each), layout.form_note(each))),
        attributes=layout.attribute_values,
        values=layout.value_lines,
        changed_lines=layout.changed_lines,
    )
    assert environment.loader is not None
    own = (environment.loader.get_source(environment, name)[0] for name in ("page.css", "page.js"))
    style, script = map(Markup, own)
    summary = ChangeCounts.of(each.change for each in comparison.entries())
    return environment.get_template("diff.html.j2").generate(
        title=f"{comparison.from_label} → {comparison.to_label}",
        style=style,
        script=script,
        policy=f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
        "base-uri 'none'; form-action 'none'",
        numbers=[(kind.value, number) for kind in ChangeKind if (number := getattr(summary, kind.value))],
        summary=summary_line(summary),
        notes=comparison.notes,
        entries=comparison.entries(),
        files=comparison.files(),
        marks=CHANGE_MARKS,
        roles=_ROLES,
        unfolded=_UNFOLDED,
    )


def _shown(value: Any) -> Any:
    return safe_text(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
