"""What a command works on: one deployment with its state, clock and settings."""

from dataclasses import dataclass, field

from .clock import Clock
from .failures import Failure
from .scenario import Scenario
from .state import Archive, Host, Instance, State


@dataclass
class Deployment:
    """A simulated SPE installation.

    Attributes:
        name: the stem of its server names.
        thumbprint: the SHA-1 thumbprint of the Management Server's certificate.
        touched: the archives looked at since the state was last kept.
    """

    name: str
    scenario: Scenario
    clock: Clock
    state: State
    thumbprint: str
    touched: set[str] = field(default_factory=set)

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
