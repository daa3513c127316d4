"""Print the script that completes verbs, options and ids in your shell.

\b
  bash   rtv completion bash > ~/.local/share/bash-completion/completions/rtv
  zsh    rtv completion zsh > ~/.zfunc/_rtv          (with ~/.zfunc in fpath)
  fish   rtv completion fish > ~/.config/fish/completions/rtv.fish
"""

from __future__ import annotations

import click
from click.shell_completion import BashComplete, FishComplete, ShellComplete, ZshComplete

from rolethread_vcs.cli.context import Command, Context
from rolethread_vcs.errors import UsageError

_SHELLS: dict[str, type[ShellComplete]] = {"bash": BashComplete, "zsh": ZshComplete, "fish": FishComplete}


@click.command(cls=Command)
@click.argument("shell", type=click.Choice(list(_SHELLS)), required=False)
def command(context: Context, shell: str | None) -> None:
    if shell is None:
        raise UsageError("which shell: bash, zsh or fish?", hint="rtv completion bash")
    # the variable is a promise between the script and `main`
    completion = _SHELLS[shell](click.Command("rtv"), {}, "rtv", "_RTV_COMPLETE")
    # bash's own `source` starts a bash to look at its version; the script is the same
    context.output.print(ShellComplete.source(completion))
