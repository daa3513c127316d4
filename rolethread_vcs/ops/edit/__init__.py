"""Changing entries: in a block of the library, field by field, and by hand in the checked-out folder."""
