"""``spe-gateway simulate``: a simulated SPE server to develop and demonstrate against."""

import errno
import os
from pathlib import Path

import rich_click as click
import yaml

from gateway.cli.examples import examples
from gateway.cli.failure import Failure
from gateway.cli.lifeline import end_with_standard_input, lifeline_option
from gateway.simulator.server import run

PORTS = 65535


@click.command(
    epilog=examples(
        "spe-gateway simulate --port 8474 --name alpha",
        "spe-gateway simulate --name beta --data ./beta --scenario ./beta.yaml",
    )
)
@click.option(
    "--port", type=click.IntRange(0, PORTS), default=0, help="TCP port; 0, the default, a free one."
)
@click.option("--name", default="alpha", show_default=True, help="The stem of its server names.")
@click.option(
    "--scenario",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="YAML or JSON: what it starts with.",
)
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="Where it keeps its state; left out, it forgets.",
)
@lifeline_option
def simulate(
    port: int, name: str, scenario: Path | None, data: Path | None, *, lifeline: bool
) -> None:
    """Run one simulated SPE server on loopback, over TLS.

    Prints one JSON line when it listens: port, thumbprint, sha256, userName, password and
    controlUrl. Ends with SIGTERM or Ctrl-C.
    """
    if lifeline:
        end_with_standard_input(os.getpid())
    try:
        run(name, port, data, scenario)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise Failure(
                f"Cannot listen on 127.0.0.1:{port} ({os.strerror(error.errno)}): "
                "stop what does, or choose another with --port."
            ) from error
        raise Failure(f"The simulated server {name} cannot start: {error}.") from error
    except (ValueError, TypeError, yaml.YAMLError) as error:
        raise Failure(f"{scenario} is no scenario: {error}.") from error
