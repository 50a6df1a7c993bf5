"""``spe-gateway doctor``: does a deployment do what the simulator assumes?"""

import json
import sys
from typing import IO, Any, Final

import rich_click as click
from rich.console import Console

from gateway.broker.engine.connections import Networks, endpoint_of
from gateway.cli.doctor.examination import examine
from gateway.cli.doctor.report import as_json, show
from gateway.cli.examples import examples
from gateway.cli.failure import Failure
from gateway.errors import GatewayError
from gateway.model import Deployment
from gateway.settings import Settings
from gateway.spe.command import is_instance_id
from gateway.spe.endpoint import Endpoint
from gateway.storage import deployments, schema
from gateway.storage.database import Database
from gateway.storage.vault import Vault, load_keys

DIFFERENT: Final = 1
BLIND: Final = 2


class CannotLook(click.ClickException):
    """The examination did not take place; one line, and a status of its own."""

    exit_code = BLIND

    def show(self, file: IO[Any] | None = None) -> None:
        """Print it as the program prints its other errors."""
        click.echo(f"spe-gateway: {' '.join(self.message.split())}", file=file, err=file is None)


@click.command(
    epilog=examples(
        "spe-gateway doctor --deployment alpha",
        "spe-gateway doctor --deployment alpha --instance acme --json",
    )
)
@click.option(
    "-d", "--deployment", required=True, metavar="ID|NAME", help="Id or name of the deployment."
)
@click.option(
    "--instance", metavar="INSTANCE_ID", help="Look into this instance as well, by its SPE id."
)
@click.option("--json", "in_json", is_flag=True, help="JSON instead of a table.")
def doctor(deployment: str, instance: str | None, *, in_json: bool) -> None:
    """Compare what a registered deployment does with what the simulator assumes.

    Sends commands that read, and nothing else; one request is without credentials. What is
    expected comes from a simulator in this process. Keys and types are shown, never values.
    The status is 0 if nothing differs, 1 if something does, 2 if it could not look.
    """
    try:
        _require_instance_id(instance)
        findings = examine(_endpoint(Settings.from_environment(), deployment), instance)
    except (GatewayError, Failure) as error:
        raise CannotLook(str(error)) from error
    if in_json:
        click.echo(json.dumps({"deployment": deployment, **as_json(findings)}, indent=2))
    else:
        show(findings, Console())
    if findings.differences:
        sys.exit(DIFFERENT)


def _require_instance_id(instance: str | None) -> None:
    if instance is not None and not is_instance_id(instance):
        raise Failure(f"{instance} is no instance id: a letter, then 2 to 31 of a-z, 0-9 and -.")


def _endpoint(settings: Settings, wanted: str) -> Endpoint:
    """Return where a registered deployment is, with its credentials."""
    vault = Vault(load_keys(settings.home, settings.master_keys.get_secret_value()))
    database = Database(settings.database)
    try:
        schema.require_usable(database)
        found = _registered(database, wanted)
        with database.read() as connection:
            password = vault.open(deployments.sealed_password(connection, found.id))
    finally:
        database.close()
    Networks(settings.deployment_networks).require(found.host)
    return endpoint_of(found, password)


def _registered(database: Database, wanted: str) -> Deployment:
    with database.read() as connection:
        everything = deployments.every(connection)
    for found in everything:
        if wanted in {found.id, found.name}:
            return found
    raise Failure(f"There is no deployment {wanted}.")
