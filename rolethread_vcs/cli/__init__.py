"""The command `rtv`; the only room that knows click, prints, asks and reads the environment."""
