"""The Management Server: executes commands and keeps what they change."""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from . import (
    archive_admin,
    branding,
    client_access_servers,
    compliance,
    credentials,
    directory_services,
    environment,
    folders,
    indexes,
    instance_hosts,
    instances,
    jobs,
    licenses,
    pairing,
    profiles,
    reports,
    retention_policies,
    services,
    smtp,
    statistics,
    store_runs,
    store_transfers,
    stores,
    system_administrators,
    time_zones,
    users,
    worker_results,
)
from .commands import COMMANDS, Command, read_arguments
from .deployment import Deployment
from .failures import Failure
from .journal import Entry
from .mail import deliver
from .operations import LongRun, Operations
from .reference import metadata, offered
from .scenario import Asynchronous
from .state import Keeper
from .wire import Arguments, Envelope, Pairs, error

NOUNS = (
    archive_admin,
    branding,
    client_access_servers,
    compliance,
    credentials,
    directory_services,
    environment,
    folders,
    indexes,
    instance_hosts,
    instances,
    jobs,
    licenses,
    pairing,
    profiles,
    reports,
    retention_policies,
    services,
    smtp,
    statistics,
    store_runs,
    store_transfers,
    stores,
    system_administrators,
    time_zones,
    users,
    worker_results,
)
"""Importing a noun registers its commands."""


JOB_RUN = "RunJobAsync"


class ManagementServer:
    """One deployment and the operations in it."""

    def __init__(self, deployment: Deployment, file: Keeper) -> None:
        self.deployment = deployment
        self.asynchronous: Asynchronous = deployment.scenario.asynchronous
        self._file = file
        self._calls: Counter[str] = Counter()
        self._release = deployment.scenario.version

    @property
    def operations(self) -> Operations:
        """What runs in the deployment."""
        return self.deployment.operations

    def invoke(self, name: str, pairs: Pairs, entry: Entry) -> Envelope:
        """Execute a command, at once or as an operation.

        Args:
            name: the command.
            pairs: its arguments as they came.
            entry: the journal's, which learns how it came out and whether it changes anything.
        """
        with self.deployment.clock.monitor:
            envelope = self._invoked(name, pairs, entry)
            entry.outcome = envelope.statusCode
        return envelope

    def _invoked(self, name: str, pairs: Pairs, entry: Entry) -> Envelope:
        if name not in offered(self._release):
            return _failed(Failure(f"Unknown API command {name}."), name)
        try:
            values = read_arguments(self._release, name, pairs)
            return self._execute(COMMANDS[name], values, entry)
        except Failure as failure:
            return _failed(failure, name)

    def metadata(self) -> list[dict[str, Any]]:
        """Return the commands that this server offers."""
        return metadata(self._release)

    def save(self) -> bool | None:
        """Keep the state; return whether it is another one than before, as `Keeper.save`."""
        changed = self._file.save(self.deployment.state, self.deployment.touched)
        self.deployment.touched.clear()
        return changed

    def settle(self) -> None:
        """Bring everything to the present: end what is done, start what a schedule says."""
        self.operations.settle()
        runs = jobs.due_runs(self.deployment)
        for run in runs:
            unasked = Entry(0, "", "", "", "", JOB_RUN, b"", effect="change")
            self._begin(COMMANDS[JOB_RUN], run, unasked)
        if deliver(self.deployment) or runs:
            self.save()

    def recount(self, asynchronous: Asynchronous) -> None:
        """Choose anew which calls turn asynchronous."""
        self.asynchronous = asynchronous
        self._calls.clear()

    def _execute(self, command: Command, values: Arguments, entry: Entry) -> Envelope:
        self.settle()
        if command.effect == "run":
            return self._begin(command, _told(self._handle(command, values, entry), entry), entry)
        if self._turns_asynchronous(command.signature.name):
            late = LongRun((), self.asynchronous.seconds, lambda: self._act(command, values, entry))
            return self._begin(command, _told(late, entry), entry)
        return Envelope(result=self._act(command, values, entry))

    def _act(self, command: Command, values: Arguments, entry: Entry) -> Any:  # noqa: ANN401 - JSON
        """Do what is done at once; work in the background goes on after it."""
        outcome = self._saved(lambda: self._handle(command, values, entry), entry)
        if command.effect == "background":
            self._begin(command, outcome, entry)
            return None
        return outcome

    def _handle(self, command: Command, values: Arguments, entry: Entry) -> Any:  # noqa: ANN401 - JSON
        return command.handle(self.deployment.on_behalf_of(entry.caller or ""), values)

    def _begin(self, command: Command, run: LongRun, entry: Entry) -> Envelope:
        kept = replace(
            run,
            finish=lambda: self._saved(run.finish, entry),
            ended=lambda code: self._saved(lambda: run.ended(code), entry),
        )
        return self.operations.begin(command.signature.name, kept)

    def _saved(self, act: Callable[[], Any], entry: Entry) -> Any:  # noqa: ANN401 - JSON
        if entry.effect == "read":
            return act()
        try:
            return act()
        finally:
            saved = self.save()
            entry.changed = entry.changed or saved

    def _turns_asynchronous(self, name: str) -> bool:
        """Draw lots for each command's n-th call, whatever else runs at the same time."""
        if self.asynchronous.command not in {"*", name}:
            return False
        self._calls[name] += 1
        lot = random.Random(f"{self.asynchronous.seed}:{name}:{self._calls[name]}")  # noqa: S311 - no secret
        return lot.random() < self.asynchronous.share


def _told(run: LongRun, entry: Entry) -> LongRun:
    """Let the journal learn how a run ends that somebody follows by its token."""

    def ended(code: str) -> None:
        entry.outcome = code
        run.ended(code)

    return replace(run, ended=ended)


def _failed(failure: Failure, command: str) -> Envelope:
    return Envelope(statusCode="failed", error=error(failure, command))
