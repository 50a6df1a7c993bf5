"""Many instances for little memory: what lies in one is made when somebody looks.

Everything follows from a seed, so that the same fleet is the same again, whatever is looked at
first.
"""

from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from . import archive_seed
from .deployment import Deployment
from .state import Instance

LAST_YEAR = 2026
GIVEN = ("anna", "ben", "carla", "david", "eva", "felix", "greta", "hugo", "ida", "jonas", "karin")
FAMILY = ("adler", "berg", "conrad", "dorn", "engel", "frank", "graf", "haas", "jung", "koch")
TRADES = ("Bakery", "Clinic", "Foundry", "Law Office", "Logistics", "Printers", "School", "Timber")
PLACES = ("Alpine", "Baltic", "Central", "Delta", "Eastern", "Harbour", "Northern", "Riverside")


@dataclass(frozen=True)
class Span:
    """A number between two bounds, both of them included."""

    low: int
    high: int


@dataclass(frozen=True)
class Population:
    """The instances that a deployment starts with.

    Attributes:
        seed: the same seed makes the same instances.
        instances: how many the deployment has.
        stores: how many each instance has.
        users: how many each instance has.
        messages: how many each instance has, in all of its stores.
        archive_admin_enabled: whether the customers let the provider in.
    """

    seed: str = ""
    instances: Span = Span(0, 0)
    stores: Span = Span(1, 1)
    users: Span = Span(1, 1)
    messages: Span = Span(1249, 1249)
    archive_admin_enabled: bool = False

    def settle(self, deployment: Deployment) -> None:
        """Plant all instances, running, spread over the hosts."""
        hosts = list(deployment.state.hosts.values())
        begun = deployment.clock.seconds()
        for number in range(1, self._lot("instances", 0, self.instances) + 1):
            host = hosts[number % len(hosts)]
            name = _name(deployment, number)
            deployment.state.last_process_id += 4
            deployment.state.instances[name] = Instance(
                name,
                host.server_name,
                f"{host.base_directory}\\{name}",
                display_name=f"{self._pick(PLACES, number)} {self._pick(TRADES, number)} {number}",
                status="running",
                process_id=deployment.state.last_process_id,
                process_unique_id=self._digest("process", number).hex(),
                process_started=begun,
                archive_admin_enabled=self.archive_admin_enabled,
            )

    def licences(self, deployment: Deployment, instance: Instance) -> int:
        """Return how many users an instance has into which nobody has looked."""
        number = self._number(deployment, instance)
        return self._lot("users", number, self.users) if number else 0

    def furnish(self, deployment: Deployment, instance: Instance) -> None:
        """Plant what lies in an instance into which somebody looks; nothing in a foreign one."""
        if number := self._number(deployment, instance):
            archive_seed.plant(deployment, instance, self._entry(number))

    def _number(self, deployment: Deployment, instance: Instance) -> int:
        """Return the number of an instance that was planted, by its directory, else 0."""
        name = instance.base_directory.rpartition("\\")[2]
        host = deployment.state.hosts.get(instance.instance_host)
        last = name.rpartition("-")[2]
        number = int(last) if last.isascii() and last.isdecimal() else 0
        if host is None or number > self._lot("instances", 0, self.instances):
            return 0
        planted = f"{host.base_directory}\\{_name(deployment, number)}"
        return number if instance.base_directory == planted else 0

    def _entry(self, number: int) -> dict[str, Any]:
        stores = self._lot("stores", number, self.stores)
        users = self._lot("users", number, self.users)
        messages = self._lot("messages", number, self.messages)
        people = [self._user(number, user) for user in range(1, users + 1)]
        return {
            "stores": [
                {"name": str(LAST_YEAR - stores + store), "messages": share}
                for store, share in enumerate(_shares(messages, stores), 1)
            ],
            "users": people,
            "folders": [
                {"folder": f"{person['userName']}/Inbox", "messages": share}
                for person, share in zip(people, _shares(messages, users), strict=True)
            ],
        }

    def _user(self, number: int, user: int) -> dict[str, Any]:
        person = number * 1000 + user
        given, family = self._pick(GIVEN, person), self._pick(FAMILY, person)
        name = f"{given}.{family}{user}"
        return {
            "userName": name,
            "fullName": f"{given.title()} {family.title()}",
            "emailAddresses": [f"{name}@customer{number}.example"],
        }

    def _pick(self, words: tuple[str, ...], number: int) -> str:
        return words[self._lot(words[0], number, Span(0, len(words) - 1))]

    def _lot(self, what: str, number: int, span: Span) -> int:
        drawn = int.from_bytes(self._digest(what, number)[:8])
        return span.low + drawn % (span.high - span.low + 1)

    def _digest(self, what: str, number: int) -> bytes:
        return blake2b(f"{self.seed}:{what}:{number}".encode(), digest_size=16).digest()


def _name(deployment: Deployment, number: int) -> str:
    return f"{deployment.name}-{number:05}"


def _shares(total: int, parts: int) -> list[int]:
    """Divide a number evenly; the first parts take what is left over."""
    each, left = divmod(total, parts or 1)
    return [each + (part < left) for part in range(parts)]
