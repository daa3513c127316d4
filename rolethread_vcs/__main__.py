"""Runs the command: `python -m rolethread_vcs`."""

from rolethread_vcs.cli.main import main

if __name__ == "__main__":
    main()
