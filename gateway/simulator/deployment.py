"""What a command works on: one deployment with its state, clock and settings."""

from dataclasses import dataclass, field, replace
from typing import Protocol, Self

from .archive import Archive
from .clock import Clock
from .failures import Failure
from .operations import Operations
from .reference import version
from .scenario import Scenario
from .state import Host, Instance, State


class Contents(Protocol):
    """What lies in the directories of instances into which nobody has looked."""

    def furnish(self, deployment: "Deployment", instance: Instance) -> None:
        """Plant what lies in an instance."""

    def licences(self, deployment: "Deployment", instance: Instance) -> int:
        """Return how many users an instance has."""


class Nothing:
    """Directories are empty until something is put there."""

    def furnish(self, deployment: "Deployment", instance: Instance) -> None:
        """Plant nothing."""

    def licences(self, deployment: "Deployment", instance: Instance) -> int:
        """Return that there are no users."""
        del deployment, instance
        return 0


@dataclass
class Deployment:
    """A simulated SPE installation.

    Attributes:
        name: the stem of its server names.
        thumbprint: the SHA-1 thumbprint of the Management Server's certificate.
        operations: what runs.
        caller: the administrator who calls.
        touched: the archives looked at since the state was last kept.
        contents: what is found at the first look into an instance.
    """

    name: str
    scenario: Scenario
    clock: Clock
    state: State
    thumbprint: str
    operations: Operations
    caller: str = ""
    touched: set[str] = field(default_factory=set)
    contents: Contents = field(default_factory=Nothing)

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
        directory = instance.directory
        self.touched.add(directory)
        if directory not in self.state.archives:
            self.state.archives[directory] = Archive()
            self.contents.furnish(self, instance)
        return self.state.archives[directory]

    def licences(self, instance: Instance) -> int:
        """Return how many licences the users of an instance take, without a look into it."""
        found = self.state.archives.get(instance.directory)
        return self.contents.licences(self, instance) if found is None else len(found.users)

    def look_everywhere(self) -> None:
        """Look into every instance, so that the state holds all there is."""
        for instance in self.state.instances.values():
            self.archive(instance)
