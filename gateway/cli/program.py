"""The program: its commands, and how it ends."""

import sys
from importlib import import_module

import rich_click as click
from click.shell_completion import CompletionItem

from gateway import logs
from gateway.cli.examples import examples
from gateway.cli.failure import FAILED, INTERRUPTED, Failure
from gateway.cli.overview import COMMANDS, GROUPS
from gateway.errors import GatewayError

click.rich_click.TEXT_PARAGRAPH_LINEBREAKS = "\n\n"
click.rich_click.COMMAND_GROUPS = {
    "spe-gateway": [{"name": name, "commands": [*group]} for name, group in GROUPS.items()]
}


class Commands(click.RichGroup):
    """Imports a command only when it is called: a simulator need not wait for Flask."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names."""
        del ctx
        return sorted(COMMANDS)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Return what a word can become; names need no import, for a shell is waiting."""
        if incomplete.startswith("-"):
            return super().shell_complete(ctx, incomplete)
        return [CompletionItem(name) for name in sorted(COMMANDS) if name.startswith(incomplete)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return what the overview shows of a command, or None if there is none of this name."""
        del ctx
        entry = COMMANDS.get(cmd_name)
        return entry and click.RichCommand(name=cmd_name, help=entry.sentence)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command itself, and what it is given."""
        name, shown, rest = super().resolve_command(ctx, args)
        return name, shown and _loaded(str(name)), rest


def _loaded(name: str) -> click.Command:
    module = import_module(f"gateway.cli.{COMMANDS[name].module}")
    command: click.Command = getattr(module, name.replace("-", "_"))
    return command


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=examples(
        "spe-gateway demo                       see what it is for",
        "spe-gateway init                       make keys, database and the first operator",
        "spe-gateway serve                      serve the REST API on 127.0.0.1:8080",
        "spe-gateway login                      say who you are, once",
        "spe-gateway instances list             the archives of customers",
        "spe-gateway operations list            what is under way, and what became of it",
    ),
)
@click.version_option(package_name="spe-gateway", prog_name="spe-gateway")
def cli() -> None:
    """REST gateway and broker in front of the MailStore SPE Management API.

    Settings come from the environment, SPE_GATEWAY_HOME first of all (docs/settings.md).
    """


def main() -> None:
    """Run the program; what goes wrong is one line on standard error and a status of its own."""
    logs.configure("error")
    try:
        cli(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (GatewayError, Failure) as error:
        sys.stderr.write(f"spe-gateway: {' '.join(str(error).split())}\n")
        sys.exit(error.status if isinstance(error, Failure) else FAILED)
    except (click.Abort, KeyboardInterrupt):
        sys.stderr.write("spe-gateway: interrupted\n")
        sys.exit(INTERRUPTED)
