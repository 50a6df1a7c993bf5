"""``spe-gateway coverage``: which command is reached through which operation."""

from pathlib import Path

import rich_click as click

from gateway import resources  # noqa: F401 - declares the operations
from gateway.cli.examples import examples
from gateway.cli.failure import Failure
from gateway.simulator import application  # noqa: F401 - registers the simulated commands
from gateway.simulator.commands import COMMANDS as SIMULATED
from gateway.spe.catalogue import COMMANDS
from gateway.spe.command import Command
from gateway.web.operation import OPERATIONS, OperationSpec

HEAD = """\
# Coverage of the Management API

Made by `make openapi` from the catalogue, the declarations of the REST operations and the
simulator. The raw command (`invokeCommand`) reaches every row and is not counted.

| Command | Effect | Named by | REST operation | Permission | Simulated |
|---|---|---|---|---|---|
"""


@click.command(epilog=examples("spe-gateway coverage --write openapi/COVERAGE.md"))
@click.option(
    "--write",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write it to a file instead of printing it.",
)
def coverage(write: Path | None) -> None:
    """Print the table of commands, operations and permissions as Markdown."""
    try:
        with click.open_file(str(write or "-"), "w", encoding="utf-8") as file:
            file.write(table())
    except OSError as error:
        raise Failure(f"{write} cannot be written: {error.strerror}.") from error


def table() -> str:
    """Return the table, byte for byte the same for the same code."""
    covered = sum(1 for command in COMMANDS.values() if operations_of(command))
    rows = "".join(_row(COMMANDS[name]) for name in sorted(COMMANDS))
    return f"{HEAD}{rows}\n{covered} of {len(COMMANDS)} commands have a REST operation.\n"


def operations_of(command: Command) -> list[OperationSpec]:
    """Return the operations that may send a command, in the order of their names."""
    found = [spec for spec in OPERATIONS.values() if command in spec.commands]
    return sorted(found, key=lambda spec: spec.operation_id)


def _row(command: Command) -> str:
    specs = operations_of(command)
    names = ", ".join(f"`{spec.operation_id}`" for spec in specs)
    permissions = ", ".join(f"`{name}`" for name in sorted({str(s.permission) for s in specs}))
    simulated = "yes" if command.name in SIMULATED else "no"
    cells = (command.name, command.effect.value, command.target.value, names, permissions)
    return f"| {' | '.join(cells)} | {simulated} |\n"
