"""``spe-gateway openapi``: the contract, made from the code."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import rich_click as click
from flask import Flask

from gateway.cli.contract_changes import refuse_breakage, tell_changes
from gateway.cli.examples import examples
from gateway.cli.failure import Failure
from gateway.cli.init import initialise
from gateway.factory import create_app
from gateway.settings import Settings
from gateway.web.contract.document import openapi_document
from gateway.web.contract.editions import Edition, in_edition
from gateway.web.contract.files import FILES, contract_file
from gateway.web.contract.forms import as_json, as_yaml
from gateway.web.contract.tree import Json


@click.command(
    epilog=examples(
        "spe-gateway openapi --json",
        "spe-gateway openapi --edition 3.0 --json --write openapi-3.0.json",
        "spe-gateway openapi --against pinned/openapi.json",
    )
)
@click.option(
    "--write",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write it to a file instead of printing it.",
)
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    metavar="FOLDER",
    help=f"Write {', '.join(FILES)} into a folder instead of printing anything.",
)
@click.option(
    "--edition",
    type=click.Choice([each.value for each in Edition]),
    default=Edition.OPENAPI_3_1.value,
    show_default=True,
    help="Edition of the OpenAPI Specification.",
)
@click.option(
    "--against",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Print what changed since this contract, a file in OpenAPI 3.1 or 3.0, and what to do; "
    "status 1 if it breaks clients.",
)
@click.option(
    "--release",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Freeze it in a file; refused if it breaks the one that is there under the same version.",
)
@click.option("--json", "for_programs", is_flag=True, help="JSON instead of YAML or sentences.")
def openapi(for_programs: bool, edition: str, **wanted: Path | None) -> None:  # noqa: FBT001 # an option
    """Print the OpenAPI document of the REST API, or what has changed in it.

    Needs neither a database nor a running gateway.
    """
    if sum(path is not None for path in wanted.values()) > 1:
        raise click.UsageError("Give one of --write, --folder, --against and --release.")
    with application() as app:
        document = openapi_document(app)
        if folder := wanted["folder"]:
            _write_all(document, folder)
    if pinned := wanted["against"]:
        tell_changes(document, pinned, as_json=for_programs)
    elif release := wanted["release"]:
        refuse_breakage(document, release)
        _write(release, as_json(document))
    elif not wanted["folder"]:
        said = in_edition(document, Edition(edition))
        _write(wanted["write"] or Path("-"), as_json(said) if for_programs else as_yaml(said))


@contextmanager
def application() -> Iterator[Flask]:
    """Make the application with the defaults of all settings, whatever the environment says."""
    with TemporaryDirectory() as home:
        settings = Settings(home=Path(home))
        initialise(settings)
        app = create_app(settings)
        yield app
        app.extensions["spe-gateway"].close()


def _write_all(document: Json, folder: Path) -> None:
    for name in FILES:
        _write(folder / name, contract_file(document, name))


def _write(path: Path, text: str) -> None:
    try:
        with click.open_file(str(path), "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise Failure(f"{path} cannot be written: {error.strerror}.") from error
