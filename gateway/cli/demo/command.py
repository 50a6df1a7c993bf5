"""``spe-gateway demo``: everything from nothing, and a sandbox that stays."""

import signal
import sys
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType

import rich_click as click
from rich.console import Console

from gateway.cli.demo.demonstration import Demonstration, Wishes
from gateway.cli.demo.screen import Screen
from gateway.cli.examples import examples
from gateway.cli.failure import Failure
from gateway.cli.sandbox.kept import PREFIX


@click.command(
    epilog=examples(
        "spe-gateway demo",
        "spe-gateway demo --exit",
        "spe-gateway demo --no-tour --home ./sandbox --bind 127.0.0.1:8080",
        "spe-gateway demo --json --ready-file ready.json &",
        "make demo",
    )
)
@click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="Where everything is kept: new, empty, or a sandbox of before, which goes on as it was. "
    "By default a folder that goes with the demo.",
)
@click.option(
    "--bind",
    metavar="HOST:PORT",
    help="Where the gateway listens; by default a free port of 127.0.0.1, or the one of before.",
)
@click.option(
    "--scenario",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="What the simulated deployments start with.",
)
@click.option("--exit", "leave", is_flag=True, help="End after the tour.")
@click.option("--no-tour", is_flag=True, help="Only the sandbox.")
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="No tour; print one JSON document once the sandbox is ready, the rest on standard error.",
)
@click.option(
    "--ready-file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write this document into a file, which is there once the sandbox is ready.",
)
def demo(  # noqa: PLR0913 # one for each option
    home: Path | None,
    bind: str | None,
    scenario: Path | None,
    ready_file: Path | None,
    *,
    leave: bool,
    no_tour: bool,
    as_json: bool,
) -> None:
    """Show the main job, then keep a sandbox up: simulated deployments, resellers, customers.

    First a tour through the REST API: every request is printed as curl, with its answer. Then the
    sandbox is filled and stays until Ctrl-C, with clients of every role and what goes wrong at
    hand ('spe-gateway sandbox'); docs/sandbox.md tells the rest. With --exit the demo ends after
    the tour; its status is 0 only if every step went as it should.
    """
    if leave and (no_tour or as_json or ready_file):
        raise Failure("--exit ends after the tour: leave --no-tour, --json and --ready-file out.")
    signal.signal(signal.SIGTERM, _end)
    screen = Screen(Console(highlight=False, stderr=as_json))
    wishes = Wishes(bind, scenario, not (no_tour or as_json), leave, as_json, ready_file)
    with ExitStack() as stack:
        folder = home or Path(stack.enter_context(TemporaryDirectory(prefix=PREFIX)))
        try:
            Demonstration(folder.absolute(), wishes, screen, stack).run()
        except (KeyboardInterrupt, SystemExit):
            screen.say("Ending …")
            raise


def _end(number: int, _frame: FrameType | None) -> None:
    """Leave in an orderly way, so that everything that was started is ended."""
    sys.exit(128 + number)
