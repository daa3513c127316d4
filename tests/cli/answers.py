"""Looks at every JSON answer that a test prints: it is what the model of its envelope says, key by key."""

from __future__ import annotations

import json

from rolethread_vcs.views.envelopes import envelopes, plain


def check_answer(text: str) -> None:
    """Assert that a text, if it is an envelope, is as its model would write it; any other text is passed over."""
    if not text.startswith('{\n  "rolethread.'):
        return
    ((name, value),) = json.loads(text).items()
    model = dict(envelopes())[name]

    # the models read results by other names than they write, and no field of Python's can be called `from`
    fields = {"from_" if key == "from" else key: item for key, item in value.items()}

    assert plain(model.model_validate(fields, by_alias=False, by_name=True)) == value
