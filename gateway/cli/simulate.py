"""``spe-gateway simulate``: a simulated SPE server to develop and demonstrate against."""

import errno
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import rich_click as click
import yaml
from click.core import ParameterSource

from gateway.cli.examples import examples
from gateway.cli.failure import Failure
from gateway.cli.lifeline import end_with_standard_input, lifeline_option
from gateway.simulator.fleet import supervisor
from gateway.simulator.fleet.file import is_fleet, load
from gateway.simulator.server import run

PORTS = 65535


@click.command(
    epilog=examples(
        "spe-gateway simulate --port 8474 --name alpha",
        "spe-gateway simulate --name beta --data ./beta --scenario ./beta.yaml",
        "spe-gateway simulate --scenario ./fleet.yaml > fleet.ndjson",
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
    help="YAML or JSON: what it starts with, or a fleet of many (docs/simulator.md).",
)
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="Where it keeps its state; left out, it forgets.",
)
@lifeline_option
@click.pass_context
def simulate(
    context: click.Context,
    port: int,
    name: str,
    scenario: Path | None,
    data: Path | None,
    *,
    lifeline: bool,
) -> None:
    """Run one simulated SPE server on loopback, over TLS, or a fleet of them.

    Prints one JSON line when it listens: port, thumbprint, sha256, userName, password and
    controlUrl. For a fleet, one line each, with name and processId. Ends with SIGTERM or Ctrl-C.
    """
    if lifeline:
        end_with_standard_input(os.getpid())
    with _explained(name, port, scenario):
        if scenario is not None and is_fleet(scenario):
            _refuse_options(context)
            _run_fleet(scenario)
        else:
            run(name, port, data, scenario)


def _refuse_options(context: click.Context) -> None:
    """Refuse what is said of one server: the file of a fleet names its own."""
    for option in ("port", "name", "data"):
        if context.get_parameter_source(option) is not ParameterSource.DEFAULT:
            raise Failure(f"The file describes a fleet: leave --{option} out.")


def _run_fleet(path: Path) -> None:
    fleet = load(path)
    awaited = len(fleet.names())
    told = count(1)

    def announce(announcement: supervisor.Announcement) -> None:
        sys.stdout.write(json.dumps(announcement) + "\n")
        sys.stdout.flush()
        if next(told) == awaited:
            said = f"{awaited} deployments listen; Ctrl-C ends them.\n"
            sys.stderr.write(said)

    try:
        supervisor.run(fleet, announce)
    except supervisor.FleetError as error:
        raise Failure(f"The fleet has ended: {error}.") from error


@contextmanager
def _explained(name: str, port: int, scenario: Path | None) -> Iterator[None]:
    """Say in one line what is wrong with the port or the file."""
    try:
        yield
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise Failure(
                f"Cannot listen on 127.0.0.1:{port} ({os.strerror(error.errno)}): "
                "stop what does, or choose another with --port."
            ) from error
        raise Failure(f"The simulated server {name} cannot start: {error}.") from error
    except (ValueError, TypeError, yaml.YAMLError) as error:
        raise Failure(f"{scenario} is no scenario: {error}.") from error
