"""``spe-gateway openapi``: the contract, made from the code."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import rich_click as click
from flask import Flask

from gateway.cli.examples import examples
from gateway.cli.failure import Failure
from gateway.cli.init import initialise
from gateway.factory import create_app
from gateway.settings import Settings
from gateway.web.contract.document import openapi_document, openapi_yaml


@click.command(
    epilog=examples(
        "spe-gateway openapi --json",
        "spe-gateway openapi --write openapi/openapi.yaml",
    )
)
@click.option(
    "--write",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write it to a file instead of printing it.",
)
@click.option("--json", "as_json", is_flag=True, help="JSON instead of YAML.")
def openapi(write: Path | None, *, as_json: bool) -> None:
    """Print the OpenAPI 3.1 document of the REST API.

    Needs neither a database nor a running gateway.
    """
    document = contract(as_json=as_json)
    try:
        with click.open_file(str(write or "-"), "w", encoding="utf-8") as file:
            file.write(document)
    except OSError as error:
        raise Failure(f"{write} cannot be written: {error.strerror}.") from error


def contract(*, as_json: bool) -> str:
    """Return the document, byte for byte the same for the same code."""
    with TemporaryDirectory() as home:
        # model_construct: the defaults, whatever the environment says.
        settings = Settings.model_construct(home=Path(home))
        initialise(settings)
        app = create_app(settings)
        document = _written(app, as_json=as_json)
        app.extensions["spe-gateway"].close()
        return document


def _written(app: Flask, *, as_json: bool) -> str:
    return json.dumps(openapi_document(app), indent=2) + "\n" if as_json else openapi_yaml(app)
