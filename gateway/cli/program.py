"""The program: its commands, and how it ends."""

import sys
from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Final

import rich_click as click
from click.shell_completion import CompletionItem

from gateway import logs
from gateway.cli.examples import examples
from gateway.cli.failure import FAILED, INTERRUPTED, Failure
from gateway.errors import GatewayError

COMMANDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "audit": "gateway.cli.audit",
        "backup": "gateway.cli.backup",
        "check": "gateway.cli.check.command",
        "clients": "gateway.cli.clients",
        "completion": "gateway.cli.completion",
        "coverage": "gateway.cli.coverage",
        "demo": "gateway.cli.demo.command",
        "deployments": "gateway.cli.deployments",
        "doctor": "gateway.cli.doctor.command",
        "events": "gateway.cli.events",
        "init": "gateway.cli.init",
        "instances": "gateway.cli.instances",
        "inventory": "gateway.cli.inventory",
        "invoke": "gateway.cli.invoke",
        "login": "gateway.cli.login",
        "logout": "gateway.cli.login",
        "openapi": "gateway.cli.openapi",
        "operations": "gateway.cli.operations",
        "resellers": "gateway.cli.resellers",
        "restore": "gateway.cli.restore",
        "rotate-keys": "gateway.cli.rotate_keys",
        "sandbox": "gateway.cli.sandbox.command",
        "serve": "gateway.cli.serve",
        "simulate": "gateway.cli.simulate",
        "statements": "gateway.cli.statements",
        "stores": "gateway.cli.stores",
        "upgrade": "gateway.cli.upgrade",
        "usage": "gateway.cli.usage",
        "users": "gateway.cli.users",
        "webhooks": "gateway.cli.webhooks",
        "whoami": "gateway.cli.login",
        "worker": "gateway.cli.worker",
    }
)
"""The module of each command; it has the command under the same name."""

click.rich_click.TEXT_PARAGRAPH_LINEBREAKS = "\n\n"
click.rich_click.COMMAND_GROUPS = {
    "spe-gateway": [
        {"name": "Begin", "commands": ["demo", "sandbox", "init", "serve", "worker", "simulate"]},
        {"name": "Say who you are", "commands": ["login", "whoami", "logout"]},
        {
            "name": "Talk to a running gateway",
            "commands": [
                "instances",
                "stores",
                "users",
                "operations",
                "resellers",
                "clients",
                "deployments",
                "inventory",
                "usage",
                "statements",
                "events",
                "webhooks",
                "invoke",
                "doctor",
            ],
        },
        {
            "name": "Look after it",
            "commands": ["check", "backup", "restore", "upgrade", "rotate-keys", "audit"],
        },
        {"name": "For developers", "commands": ["openapi", "coverage", "completion"]},
    ]
}


class Commands(click.RichGroup):
    """Imports a command only when it is asked for: a simulator need not wait for Flask."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names."""
        del ctx
        return list(COMMANDS)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Return what a word can become; names need no import, for a shell is waiting."""
        if incomplete.startswith("-"):
            return super().shell_complete(ctx, incomplete)
        return [CompletionItem(name) for name in COMMANDS if name.startswith(incomplete)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, or None if there is none of this name."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(
            import_module(COMMANDS[cmd_name]), cmd_name.replace("-", "_")
        )
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
