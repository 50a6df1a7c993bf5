"""The Management Server: executes commands and keeps what they change."""

import random
from collections import Counter
from collections.abc import Callable
from typing import Any

from . import (
    archive_admin,
    environment,
    instance_hosts,
    instances,
    licenses,
    services,
    statistics,
    store_runs,
    stores,
    users,
)
from .commands import COMMANDS, Command
from .deployment import Deployment
from .failures import Failure
from .journal import Entry
from .operations import LongRun, Operations
from .scenario import Asynchronous
from .state import StateFile
from .wire import Arguments, Envelope, Pairs, arguments, error

NOUNS = (
    archive_admin,
    environment,
    instance_hosts,
    instances,
    licenses,
    services,
    statistics,
    store_runs,
    stores,
    users,
)
"""Importing a noun registers its commands."""


class ManagementServer:
    """One deployment and the operations in it."""

    def __init__(self, deployment: Deployment, file: StateFile) -> None:
        self.deployment = deployment
        self.operations = Operations(deployment.clock, deployment.scenario.token_lifetime)
        self.asynchronous: Asynchronous = deployment.scenario.asynchronous
        self._file = file
        self._calls: Counter[str] = Counter()

    def invoke(self, name: str, pairs: Pairs, entry: Entry) -> Envelope:
        """Execute a command, at once or as an operation.

        Args:
            name: the command.
            pairs: its arguments as they came.
            entry: the journal's, which learns whether the command changes anything.
        """
        try:
            command = COMMANDS[name]
        except KeyError:
            return _failed(Failure(f"Unknown API command {name}."), name)
        with self.deployment.clock.monitor:
            try:
                return self._execute(command, arguments(command.signature, pairs), entry)
            except Failure as failure:
                return _failed(failure, name)

    def metadata(self) -> list[dict[str, Any]]:
        """Return the commands that this server offers."""
        return [COMMANDS[name].signature.metadata() for name in sorted(COMMANDS)]

    def save(self) -> bool:
        """Keep the state on disk; return whether it is another one than before."""
        changed = self._file.save(self.deployment.state, self.deployment.touched)
        self.deployment.touched.clear()
        return changed

    def recount(self, asynchronous: Asynchronous) -> None:
        """Choose anew which calls turn asynchronous."""
        self.asynchronous = asynchronous
        self._calls.clear()

    def _execute(self, command: Command, values: Arguments, entry: Entry) -> Envelope:
        self.operations.settle()
        if command.effect == "run":
            run: LongRun = command.handle(self.deployment, values)
            return self._begin(command, run, entry)
        if self._turns_asynchronous(command.signature.name):
            run = LongRun((), self.asynchronous.seconds, lambda: self._handle(command, values))
            return self._begin(command, run, entry)
        return Envelope(result=self._saved(lambda: self._handle(command, values), entry))

    def _handle(self, command: Command, values: Arguments) -> Any:  # noqa: ANN401 - JSON
        return command.handle(self.deployment, values)

    def _begin(self, command: Command, run: LongRun, entry: Entry) -> Envelope:
        kept = LongRun(run.steps, run.seconds, lambda: self._saved(run.finish, entry))
        return self.operations.begin(command.signature.name, kept)

    def _saved(self, act: Callable[[], Any], entry: Entry) -> Any:  # noqa: ANN401 - JSON
        if entry.effect == "read":
            return act()
        try:
            return act()
        finally:
            entry.changed = self.save() or entry.changed

    def _turns_asynchronous(self, name: str) -> bool:
        """Draw lots for each command's n-th call, whatever else runs at the same time."""
        self._calls[name] += 1
        lot = random.Random(f"{self.asynchronous.seed}:{name}:{self._calls[name]}")  # noqa: S311 - no secret
        return lot.random() < self.asynchronous.share


def _failed(failure: Failure, command: str) -> Envelope:
    return Envelope(statusCode="failed", error=error(failure, command))
