"""Role names: the plain synonyms that other programs write for system, user, assistant and tool."""

from __future__ import annotations

STANDARD_ROLES = frozenset({"system", "user", "assistant", "tool", "developer", "function"})
"""Roles that are kept as they are spelled; `developer` and `function` are OpenAI's own."""

_SYNONYMS = {
    "system": "system sys sytem systm system_prompt context",
    "user": "user usr uesr useer human humans person player prompter input prompt instruction",
    "assistant": "assistant assistnt assitant assitstant asistant asst bot chatbot chatgpt gpt model ai char"
    " completion response output",
    "tool": "tool tool_response function_response observation observations ipython",
}
# Left out on purpose: `bard` and `bing` (old ShareGPT dumps use them for the assistant, but a bard is a character
# long before it is a product) and `function_call`/`tool_call` (a call is said by the assistant and answered by a tool:
# it is neither of them, so the label stays).

_ROLES = {label: role for role, labels in _SYNONYMS.items() for label in labels.split()}


def read_role(label: str) -> str:
    """Return the role that a label plainly means, or the label itself, untouched.

    Case and surrounding white space do not count: `" Human "` is a user. `Scott` stays `Scott`.
    """
    role = _ROLES.get(label)
    if role is not None:
        return role
    if label in STANDARD_ROLES:
        return label
    return _ROLES.get(label.strip().lower(), label)
