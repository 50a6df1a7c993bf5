"""The program: its commands, and how it ends."""

import sys
from typing import Final

import rich_click as click

from gateway import logs
from gateway.cli.demo.command import demo
from gateway.cli.examples import examples
from gateway.cli.failure import Failure
from gateway.cli.init import init
from gateway.cli.invoke import invoke
from gateway.cli.openapi import openapi
from gateway.cli.serve import serve
from gateway.cli.simulate import simulate
from gateway.cli.upgrade import upgrade
from gateway.errors import GatewayError

FAILED: Final = 1
INTERRUPTED: Final = 130


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=examples(
        "spe-gateway demo                       see what it is for",
        "spe-gateway init                       make keys, database and the first operator",
        "spe-gateway serve --bind 0.0.0.0:8080  serve the REST API",
        "spe-gateway invoke -d alpha GetServiceStatus",
    ),
)
@click.version_option(package_name="spe-gateway", prog_name="spe-gateway")
def cli() -> None:
    """REST gateway and broker in front of the MailStore SPE Management API.

    Settings come from the environment, SPE_GATEWAY_HOME first of all (docs/settings.md).
    """


for _command in (init, upgrade, serve, simulate, invoke, openapi, demo):
    cli.add_command(_command)


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
        sys.exit(FAILED)
    except (click.Abort, KeyboardInterrupt):
        sys.stderr.write("spe-gateway: interrupted\n")
        sys.exit(INTERRUPTED)
