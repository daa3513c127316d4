"""The checked-out folder: what lies unsaved in it, saving it, throwing it away, healing it."""
