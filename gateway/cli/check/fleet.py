"""The deployments: reached, known by their pin, logged in to, with a way back in. Reads only."""

from collections.abc import Iterator
from contextlib import closing
from typing import Final

from gateway.broker.deployment_health import ENDING, PING_SECONDS
from gateway.broker.engine.connections import Networks, endpoint_of
from gateway.broker.engine.reader import finished
from gateway.cli.check.findings import Finding, error, fine, warning
from gateway.cli.check.ground import Ground
from gateway.errors import CertificateRejected, CredentialsRefused, GatewayError
from gateway.model import Deployment
from gateway.spe.certificate import probe
from gateway.spe.client import Client
from gateway.spe.commands.environment import PING
from gateway.spe.commands.system_administrators import GET_SYSTEM_ADMINISTRATORS
from gateway.storage import deployments

RUNBOOKS: Final = "docs/runbooks"
DOWN: Final = f"{RUNBOOKS}/deployment-down.md"
CERTIFICATE: Final = f"{RUNBOOKS}/certificate-changed.md"
CREDENTIALS: Final = f"{RUNBOOKS}/credentials-refused.md"


def every(ground: Ground) -> Iterator[Finding]:
    """Look at each deployment that is registered."""
    if ground.database is None or ground.vault is None:
        return
    with ground.database.read() as connection:
        found = deployments.every(connection)
    for each in found:
        try:
            with ground.database.read() as connection:
                password = ground.vault.open(deployments.sealed_password(connection, each.id))
            Networks(ground.settings.deployment_networks).require(each.host)
            yield from _looked_at(each, password)
        except GatewayError as problem:
            yield _failed(each, problem)


def _looked_at(deployment: Deployment, password: str) -> Iterator[Finding]:
    host, port, name = deployment.host, deployment.port, deployment.name
    certificate = probe(host, port, PING_SECONDS)
    endpoint = endpoint_of(deployment, password)
    if endpoint.pins:
        certificate.require(*endpoint.pins)
    with closing(Client(endpoint)) as client:
        finished(client, client.invoke(PING, {}, seconds=PING_SECONDS))
        status = finished(client, client.invoke(GET_SYSTEM_ADMINISTRATORS, {}))
    yield fine("deployments.reachable", f"{name} answers, and accepts the password.")
    if certificate.ends_within(ENDING):
        yield warning(
            "deployments.certificate",
            f"The certificate of {name} ends on {certificate.not_after:%Y-%m-%d}.",
            "Exchange it at the server, then pin the new one.",
            CERTIFICATE,
        )
    yield from _second(deployment, status.result)


def _second(deployment: Deployment, rows: object) -> Iterator[Finding]:
    listed = rows if isinstance(rows, list) else []
    names = {str(row.get("userName")).lower() for row in listed if isinstance(row, dict)}
    if names - {deployment.user_name.lower()}:
        yield fine("deployments.administrators", f"{deployment.name} has a way back in.")
        return
    yield warning(
        "deployments.administrators",
        f"The gateway's administrator is the only one of {deployment.name}: if a new password "
        "gets lost on its way, nobody gets in.",
        "Create a second administrator in the Management Console, and keep its password.",
        CREDENTIALS,
    )


def _failed(deployment: Deployment, problem: GatewayError) -> Finding:
    if isinstance(problem, CertificateRejected):
        check, then, link = "certificate", "Compare it with the server's own.", CERTIFICATE
    elif isinstance(problem, CredentialsRefused):
        check, then, link = "credentials", "Send the password that it accepts now.", CREDENTIALS
    else:
        check, then, link = "reachable", "See the page.", DOWN
    means = f"{deployment.name}: {problem.detail}"
    return error(f"deployments.{check}", means, then, link)


CHECKS = (every,)
