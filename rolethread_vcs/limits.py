"""How large, deep and dense what is read may be: each far beyond what people write, and refused in words beyond it.

`docs/on-disk-format.md` lists those of a dataset ("Limits").
"""

from __future__ import annotations

DEPTH = 200
"""Arrays and objects that a JSON value may lie in: what all parsers read, without running out of stack."""

FILE = 256 << 20
"""Bytes of one file of a dataset, of a `.keep`, or of a row of a source: a few times this has to fit into memory."""

SETTINGS = 1 << 20
"""Bytes of `rolethread.toml`, which every command reads: the parser takes seconds for more."""

SETTINGS_DEPTH = 32
"""Tables and lists that a setting may lie in; the library that keeps comments goes some calls deeper for each."""

REJECTS, REJECTED = 100_000, 64 << 20
"""Rows that one import passes over, and their bytes, up to which they are listed, and remembered with their places."""

FOLDERS = 64
"""Folders that a file of a commit may lie in; ours lie in three."""

FIRST_SECOND, LAST_SECOND = -62_135_510_400, 253_402_214_399
"""The times of a commit that are a date everywhere, from year 1 to 9999, a day short at both ends for time zones."""

MINUTES_FROM_UTC = 23 * 60 + 59
"""What a time zone may differ; one beyond it is none."""

RATIO = 200
"""How many bytes a compressed one may become, on average. Text becomes 3 to 20; what becomes more is made to harm."""

RATIO_FROM = 64 << 20
"""Unpacked bytes from which that is asked: a short file of one repeated letter harms nobody."""
