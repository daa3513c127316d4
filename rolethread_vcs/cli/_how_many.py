"""The type of options that say how many lines to show: `-n 20`."""

from __future__ import annotations

import sys
from typing import Any

import click


class HowMany(click.IntRange):
    """A number from 1; one that no machine can count to means all there are."""

    def __init__(self) -> None:
        super().__init__(min=1)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number; one more than it can still be counted."""
        return min(int(super().convert(value, param, ctx)), sys.maxsize - 1)
