"""``spe-gateway completion``: what makes a shell complete the commands and their names."""

from typing import Final

import rich_click as click
from click.shell_completion import get_completion_class

from gateway.cli.examples import examples
from gateway.cli.failure import Failure

PROGRAM: Final = "spe-gateway"
VARIABLE: Final = "_SPE_GATEWAY_COMPLETE"
SHELLS: Final = ("bash", "zsh", "fish")


@click.command(
    epilog=examples(
        "mkdir -p ~/.local/share/bash-completion/completions",
        "spe-gateway completion bash > ~/.local/share/bash-completion/completions/spe-gateway",
        "mkdir -p ~/.zfunc",
        "spe-gateway completion zsh > ~/.zfunc/_spe-gateway",
        "mkdir -p ~/.config/fish/completions",
        "spe-gateway completion fish > ~/.config/fish/completions/spe-gateway.fish",
    )
)
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the script that completes commands, options and names in a shell.

    Names of instances, deployments, resellers, clients, stores and users are asked of the gateway;
    where it does not answer within two seconds, nothing is completed. It holds in shells that are
    opened afterwards: bash needs Debian's package bash-completion, and zsh
    'fpath+=~/.zfunc; autoload -Uz compinit; compinit' in ~/.zshrc.
    """
    made = get_completion_class(shell)
    if made is None:
        raise Failure(f"There is no completion for {shell}.")
    click.echo(made(context.find_root().command, {}, PROGRAM, VARIABLE).source())
