"""What a command works on: one deployment with its state, clock and settings."""

from dataclasses import dataclass, field, replace
from typing import Self

from .archive import Archive
from .clock import Clock
from .failures import Failure
from .operations import Operations
from .reference import version
from .scenario import Scenario
from .state import Host, Instance, State


@dataclass
class Deployment:
    """A simulated SPE installation.

    Attributes:
        name: the stem of its server names.
        thumbprint: the SHA-1 thumbprint of the Management Server's certificate.
        operations: what runs.
        caller: the administrator who calls.
        touched: the archives looked at since the state was last kept.
    """

    name: str
    scenario: Scenario
    clock: Clock
    state: State
    thumbprint: str
    operations: Operations
    caller: str = ""
    touched: set[str] = field(default_factory=set)

    def has(self, release: str) -> bool:
        """Return whether the deployment is of this version or of a later one."""
        return version(self.scenario.version) >= version(release)

    def on_behalf_of(self, caller: str) -> Self:
        """Return the same deployment as one administrator meets it."""
        return replace(self, caller=caller)

    @property
    def server_name(self) -> str:
        """The name of the Management Server."""
        return f"{self.name}-management"

    def host(self, name: object) -> Host:
        """Return an Instance Host by its exact name."""
        found = self.state.hosts.get(str(name))
        if found is None:
            raise Failure(f"The instance host '{name}' does not exist.")
        return found

    def instance(self, instance_id: object) -> Instance:
        """Return an instance by its ID."""
        found = self.state.instances.get(str(instance_id))
        if found is None:
            raise Failure(f"The instance '{instance_id}' does not exist.")
        return found

    def running_instance(self, instance_id: object) -> Instance:
        """Return an instance that can be looked into."""
        found = self.instance(instance_id)
        if not found.running:
            raise Failure(f"The instance '{instance_id}' is not running.")
        return found

    def archive(self, instance: Instance) -> Archive:
        """Return the data in an instance's base directory, made at the first look."""
        self.touched.add(instance.directory)
        return self.state.archives.setdefault(instance.directory, Archive())
