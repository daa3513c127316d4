"""What tells git how to treat the files of a dataset: `.gitattributes`."""

from __future__ import annotations

from rolethread_vcs.documents import WholeFile
from rolethread_vcs.model.layout import ATTRIBUTES

KIND = WholeFile("attributes", ATTRIBUTES)
