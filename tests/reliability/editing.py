"""One edit in a process of its own, for strace and limits: `python editing.py FOLDER [LIMIT]`.

Prints `saved COMMIT` once the edit was acknowledged. With a limit no file may grow beyond so many bytes,
which is how a full disk feels. Exits with the status of the error, like the command.
"""

from __future__ import annotations

import os
import sys

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.errors import RoleThreadError


def main(folder: str, limit: int | None) -> int:
    """Change the first entry; return the exit status."""
    try:
        dataset = Dataset.open(folder)
        answer = {"role": "assistant", "content": os.urandom(2000).hex()}
        fields = {"messages": [{"role": "user", "content": "edited"}, answer]}
        if limit is not None:
            import resource

            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        with dataset.edit("the edit") as change:
            change.put(dataset.snapshot().ids()[0], fields)
    except RoleThreadError as error:
        os.write(2, f"{'saved' if error.saved else 'not saved'}: {error.message}\n".encode())
        return error.status
    os.write(1, f"saved {change.result.commit}\n".encode())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else None))
