"""``spe-gateway check``: is this configuration fit to go live?"""

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from typing import Final

import rich_click as click

from gateway.cli.check import (
    companions,
    environment,
    files,
    fleet,
    host,
    issuers,
    keys,
    state,
)
from gateway.cli.check.findings import Finding, Level, error
from gateway.cli.check.ground import Ground
from gateway.cli.counting import counted
from gateway.cli.examples import examples
from gateway.errors import ConfigurationError
from gateway.settings import Settings

STATUSES: Final = {Level.OK: 0, Level.WARNING: 1, Level.ERROR: 2}
"""How the program ends, by the gravest finding."""


@click.command(
    epilog=examples(
        "spe-gateway check",
        "spe-gateway check --deployments",
        "spe-gateway check --json",
    )
)
@click.option("--deployments", is_flag=True, help="Ask every registered deployment as well.")
@click.option("--all", "everything", is_flag=True, help="Show also what is as it should be.")
@click.option("--json", "as_json", is_flag=True, help="JSON instead of lines; always everything.")
def check(*, deployments: bool, everything: bool, as_json: bool) -> None:
    """Judge the configuration before it goes live: settings, files, servers, keys, host.

    Run it where the gateway will run, as its user, with its environment. It changes nothing and
    sends only what reads; a gateway may be running. The status is 0 if all is well, 1 if something
    will hurt one day, 2 if something must not go live.
    """
    found = [*judged(deployments=deployments)]
    if as_json:
        click.echo(json.dumps({"findings": [asdict(each) for each in found]}, indent=2))
    else:
        _show(found, everything=everything)
    sys.exit(max(STATUSES[each.level] for each in found))


def judged(*, deployments: bool) -> Iterator[Finding]:
    """Yield what is found, in the order in which it is worth reading."""
    yield from environment.unknown()
    try:
        settings = Settings.known()
    except ConfigurationError as problem:
        yield error(
            "settings.values", problem.detail, "Correct it, then check again.", environment.SETTINGS
        )
        return
    for look in (*environment.CHECKS, *files.CHECKS, *host.CHECKS, *companions.CHECKS):
        yield from look(settings)
    yield from issuers.outside(settings)
    yield from _stored(settings, deployments=deployments)


def _stored(settings: Settings, *, deployments: bool) -> Iterator[Finding]:
    vault, said = keys.held(settings)
    yield said
    database, said = state.opened(settings)
    yield said
    if database is None:
        return
    ground = Ground(settings, database, vault)
    try:
        usable = [*state.revision(ground)]
        yield from usable
        yield from state.server(ground)
        if any(each.level is Level.ERROR for each in usable):
            return  # what lies in tables of another form cannot be read
        for look in (*keys.CHECKS, *(fleet.CHECKS if deployments else ())):
            yield from look(ground)
    finally:
        database.close()


def _show(found: list[Finding], *, everything: bool) -> None:
    for each in found:
        if everything or each.level is not Level.OK:
            click.echo(f"{each.level.upper():8}{each.check}: {each.means}")
            if each.next:
                click.echo(f"        {each.next} ({each.link})")
    click.echo(_summary(found))


def _summary(found: list[Finding]) -> str:
    errors = sum(each.level is Level.ERROR for each in found)
    warnings = sum(each.level is Level.WARNING for each in found)
    if not errors and not warnings:
        return f"All is well: {counted(len(found), 'thing')} looked at."
    return (
        f"{counted(errors, 'error')} and {counted(warnings, 'warning')} in "
        f"{counted(len(found), 'thing')} looked at."
    )
