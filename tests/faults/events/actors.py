"""What resellers do all the while: quick changes, creations and bulk calls, by HTTP.

Each notes what the answers say that it has done, which is what must be told.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from random import Random
from threading import Event, Thread

from tests.faults.events.house import House
from tests.faults.kills.findings import Finding
from tests.faults.kills.fleet import Late
from tests.simulated import JSON

ENOUGH = 6
"""Instances of each reseller."""


@dataclass
class Deeds:
    """What was done.

    Attributes:
        switched: for each leaf, what must be told of it, in order.
        changed: how often each instance was changed.
        created: ids of instances.
        findings: calls that were never answered, or otherwise than they should be.
        calls: how many there were.
    """

    switched: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    changed: Counter[str] = field(default_factory=Counter)
    created: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    calls: int = 0


class Actor(Thread):
    """A reseller's own system.

    Args:
        house: where.
        name: of the reseller.
        seed: of what it does.
    """

    def __init__(self, house: House, name: str, seed: int) -> None:
        super().__init__(daemon=True)
        self.deeds = Deeds()
        self._house = house
        self._name = name
        self._person = house.people[name]
        self._random = Random(seed)  # noqa: S311 - the same seed, the same calls
        self._is_over = Event()
        self._tags: dict[str, str] = {}

    def run(self) -> None:
        """Do one thing after the other until ``end``."""
        try:
            self._create()
            while not self._is_over.is_set():
                deeds = (self._switch, self._change, self._create, self._bulk)
                self._random.choices(deeds, (60, 34, 3, 3))[0]()
        except Late as error:
            self.deeds.findings.append(Finding("late", f"{self._name}: {error}"))
        except AssertionError as error:
            self.deeds.findings.append(Finding("wrong", f"{self._name}: {error}"))

    def end(self) -> None:
        """Do no more, after what is being done."""
        self._is_over.set()

    def _call(self, method: str, path: str, body: JSON | None = None, match: str = "") -> JSON:
        self.deeds.calls += 1
        answer = self._person.call(method, path, body, match=match)
        found: JSON = {"status": answer.status_code, "tag": answer.headers.get("ETag", "")}
        return found | {"body": answer.json()}

    def _switch(self) -> None:
        """Suspend a leaf, or resume it."""
        leaf = self._random.choice(self._house.leaves[self._name])
        told = self.deeds.switched[leaf]
        word = "resume" if told[-1:] == ["reseller.suspended"] else "suspend"
        answer = self._call("POST", f"/resellers/{leaf}/{word}")
        assert answer["status"] == 200, answer
        told.append(f"reseller.{word}{'d' if word == 'resume' else 'ed'}")

    def _change(self) -> None:
        """Label an instance; 412 says that an answer was lost: it is labelled, or was restarted."""
        instance = self._random.choice(self.deeds.created)
        path, value = f"/instances/{instance}", str(self.deeds.changed[instance] + 1)
        wish = {"labels": {"value": value}}
        while True:
            answer = self._call("PATCH", path, wish, self._tag(instance))
            if answer["status"] == 200:
                self._tags[instance] = answer["tag"]
                break
            assert answer["status"] == 412, answer
            found = self._call("GET", path)
            self._tags[instance] = found["tag"]
            if found["body"]["labels"].get("value") == value:
                break
        self.deeds.changed[instance] += 1

    def _tag(self, instance: str) -> str:
        if instance not in self._tags:
            self._tags[instance] = self._call("GET", f"/instances/{instance}")["tag"]
        return self._tags[instance]

    def _create(self) -> None:
        """Make an instance; one that is refused for good is none."""
        if len(self.deeds.created) == ENOUGH:
            return
        name = f"{self._name.lower()}-{self.deeds.calls}"
        body = {
            "instanceID": name,
            "displayName": name,
            "reseller": self._house.ids[self._name],
            "start": False,
        }
        answer = self._call("POST", "/instances", body)
        while not self.deeds.created and answer["status"] != 201:
            answer = self._call("POST", "/instances", body | {"instanceID": f"{name}-again"})
        if answer["status"] == 201:
            self.deeds.created.append(answer["body"]["id"])

    def _bulk(self) -> None:
        """Start or stop some; whatever becomes of it is told."""
        chosen = self._random.sample(self.deeds.created, min(2, len(self.deeds.created)))
        action = self._random.choice(("start", "stop"))
        self._call("POST", "/instance-actions", {"action": action, "instances": chosen})
