"""The examination: both servers are asked the same, and the answers are compared."""

from collections.abc import Container
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from gateway.broker.engine.reader import finished
from gateway.broker.engine.settlement import RUNNING
from gateway.cli.doctor import framing, listing, reads
from gateway.cli.doctor.findings import Difference, Findings, Unseen
from gateway.cli.doctor.reference import BARE, RICH, reference
from gateway.cli.failure import Failure
from gateway.errors import AnswerLost
from gateway.spe.catalogue import COMMANDS
from gateway.spe.client import Client
from gateway.spe.command import INSTANCE_FILTER
from gateway.spe.commands.instances import GET_INSTANCES
from gateway.spe.endpoint import Endpoint
from gateway.spe.metadata import CommandSignature

_INSTANCE: Final = "Name an instance with --instance to look into it."


@dataclass(frozen=True)
class Observed:
    """What a server showed; the signatures are None where its metadata is unusable."""

    facts: framing.Facts
    signatures: tuple[CommandSignature, ...] | None
    deployment: reads.Looks
    instance: reads.Looks


def examine(endpoint: Endpoint, instance: str | None) -> Findings:
    """Compare a deployment with the simulator; nothing is changed there.

    Args:
        endpoint: the deployment.
        instance: whose reads are compared too.

    Raises:
        NotSent: the deployment cannot be reached, is another, or refuses the credentials.
        Failure: the instance does not exist or does not run.
    """
    found = observe(endpoint, instance)
    return compare(expectations(), found)


def observe(endpoint: Endpoint, instance: str | None) -> Observed:
    """Ask a server everything.

    Raises:
        NotSent: it cannot be reached, is another, or refuses the credentials.
        Failure: the instance does not exist or does not run.
    """
    facts = framing.observe(endpoint)
    with closing(Client(endpoint)) as client:
        signatures = _metadata(client)
        names = _names(signatures)
        if instance is not None:
            _require_running(client, instance)
        return Observed(
            facts,
            signatures,
            reads.look_at_deployment(client, names),
            reads.look_at_instance(client, instance, names) if instance else {},
        )


@cache
def expectations() -> Observed:
    """Ask a simulator everything: bare and furnished. The same for the whole of a process."""
    with reference() as known, closing(Client(known.endpoint)) as client:
        names = _names(_metadata(client))
        deployment = reads.look_at_deployment(client, names)
        instance = reads.look_at_instance(client, BARE, names)
        known.furnish()
        seen = observe(known.endpoint, RICH)
    return replace(
        seen,
        deployment=reads.joined(seen.deployment, deployment),
        instance=reads.joined(seen.instance, instance),
    )


def compare(expected: Observed, found: Observed) -> Findings:
    """Return what is different in what was found."""
    everything = [
        *framing.compare(expected.facts, found.facts),
        *_listings(expected, found),
        *reads.compare(expected.deployment, found.deployment),
        *reads.compare(expected.instance, found.instance),
        *([] if found.instance else [Unseen(reads.CHECK, "instances", _INSTANCE)]),
    ]
    return Findings(
        checks=[*(check.name for check in framing.CHECKS), listing.CHECK, reads.CHECK],
        differences=[one for one in everything if isinstance(one, Difference)],
        unseen=[one for one in everything if isinstance(one, Unseen)],
    )


def _require_running(client: Client, instance: str) -> None:
    """Refuse to look into an instance that would only answer that it is not there."""
    status = finished(client, client.invoke(GET_INSTANCES, {INSTANCE_FILTER.name: instance}))
    rows = status.result if isinstance(status.result, list) else []
    states = [row.get("status") for row in rows if isinstance(row, dict)]
    if not states:
        raise Failure(f"The deployment has no instance {instance}.")
    if states[0] not in RUNNING:
        raise Failure(f"The instance {instance} does not run: start it, or leave out --instance.")


def _names(signatures: tuple[CommandSignature, ...] | None) -> Container[str]:
    """Return what to ask: all that there is where the deployment does not say."""
    return COMMANDS if signatures is None else {signature.name for signature in signatures}


def _metadata(client: Client) -> tuple[CommandSignature, ...] | None:
    try:
        return client.metadata()
    except AnswerLost:
        return None


def _listings(expected: Observed, found: Observed) -> list[Difference | Unseen]:
    if expected.signatures is None or found.signatures is None:
        return [Unseen(listing.CHECK, "get-metadata", "Its answer is unusable.")]
    return list(listing.compare(expected.signatures, found.signatures))
