"""Role names: those that trainers know, and the spellings that plainly mean one of them."""

from __future__ import annotations

KNOWN_ROLES = frozenset({"system", "developer", "user", "assistant", "tool", "function", "function_call", "tool_call"})
"""Roles that some trainer knows; `developer`, `function` and the two calls are kept as they are spelled."""

OPENING_ROLES = frozenset({"system", "developer"})
ANSWERING_ROLES = frozenset({"assistant", "function_call", "tool_call"})

SYNONYMS = {
    "system": "system sys sytem systm system_prompt context",
    "user": "user usr uesr useer human humans person player prompter input prompt instruction",
    "assistant": "assistant assistnt assitant assitstant asistant asst bot chatbot chatgpt gpt model ai char"
    " completion response output",
    "tool": "tool tool_response function_response observation observations ipython",
}
"""Labels by the role they mean, as other programs write them (RoleThread Lite, ShareGPT tools, trainers)."""
# Left out on purpose: `bard` and `bing` (old ShareGPT dumps use them for the assistant, but a bard is a character
# long before it is a product) and `function_call`/`tool_call` (a call is said by the assistant and answered by a tool:
# it is neither of them, so the label stays).

_ROLES = {role: role for role in KNOWN_ROLES} | {
    label: role for role, labels in SYNONYMS.items() for label in labels.split()
}


def known_role(label: object) -> str | None:
    """Return the known role that a label plainly means, or None when it means none.

    Case, surrounding white space, and space or hyphen for underscore do not count: `" Human "` is a user.
    """
    if not isinstance(label, str):
        return None
    role = _ROLES.get(label)
    return role if role is not None else _ROLES.get("_".join(label.casefold().replace("-", " ").split()))


def read_role(label: str) -> str:
    """Return the role that a label plainly means, or the label itself, untouched: `Scott` stays `Scott`."""
    return known_role(label) or label
