"""Rules: each file without a leading underscore is one problem that data can have, found on its own.

A new rule is one new file `<problem>.py` that ends in `RULE = Rule(...)`, and its
`fixtures/rules/<problem>.json`. What this list names is what the gate and the command may use; the files
behind it know only the model.
"""

from rolethread_vcs.rules._checks import (
    BrokenRuleError,
    KeyLedger,
    UnknownRuleError,
    all_rules,
    check_entries,
    effective_rules,
    find_in_entry,
    find_rule,
    introduced_between,
    misfits,
    safe_repair,
)
from rolethread_vcs.rules._contract import Facts, Found, Holders, Options, Outline, Parts, Repair, Rule

__all__ = [
    "BrokenRuleError",
    "Facts",
    "Found",
    "Holders",
    "KeyLedger",
    "Options",
    "Outline",
    "Parts",
    "Repair",
    "Rule",
    "UnknownRuleError",
    "all_rules",
    "check_entries",
    "effective_rules",
    "find_in_entry",
    "find_rule",
    "introduced_between",
    "misfits",
    "safe_repair",
]
