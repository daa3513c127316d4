"""The roles that trainers know, and the spellings that plainly mean one of them."""

from __future__ import annotations

KNOWN_ROLES = frozenset({"system", "developer", "user", "assistant", "tool", "function", "function_call", "tool_call"})
OPENING_ROLES = frozenset({"system", "developer"})
ANSWERING_ROLES = frozenset({"assistant", "function_call", "tool_call"})

# Only labels with one reading. `input`, `output`, `context`, names of persons and misspellings stay as they
# are: to write another word for them would be a guess.
_SYNONYMS = {
    "human": "user",
    "prompter": "user",
    "gpt": "assistant",
    "chatgpt": "assistant",
    "bot": "assistant",
    "chatbot": "assistant",
    "model": "assistant",
    "ai": "assistant",
    "sys": "system",
    "system_prompt": "system",
    "observation": "tool",
    "tool_response": "tool",
    "function_response": "function",
}


def canonical_role(label: object) -> str | None:
    """Return the known role that a label plainly means, or None when it means none or needs a guess.

    Case, surrounding white space, and space or hyphen for underscore do not matter.
    """
    if not isinstance(label, str):
        return None
    plain = "_".join(label.casefold().replace("-", " ").split())
    return plain if plain in KNOWN_ROLES else _SYNONYMS.get(plain)
