"""Refs: branches, releases and notes; revisions and ancestry."""
