"""Three versions brought together: merging, picking, reverting, restoring, and deciding what is left."""
