"""Runs the command: `rtv`, or `python -m rolethread_vcs`."""

import os

from rolethread_vcs.errors import shortage


def main() -> None:
    """Run the command, and say so where the system lets it not even begin, or not even say what failed."""
    try:
        from rolethread_vcs.cli.main import main as run

        run()
    except Exception as error:
        if shortage(error) is None:
            raise
        os.write(2, b"error: the system has no more open files or memory for rtv now; nothing is damaged\n")
        os._exit(74)


if __name__ == "__main__":
    main()
