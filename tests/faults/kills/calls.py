"""A call as a careful caller makes it: repeated with its key until there is an answer."""

import uuid
from dataclasses import dataclass, field
from typing import Self

import requests

from tests.faults.kills.cases import Case, Scene
from tests.faults.kills.fleet import Fleet, await_
from tests.simulated import JSON

END_SECONDS = 90.0
"""From the last kill to the end of an operation; on an idle machine it takes a few."""

RETRIED = frozenset({409, 429, 502, 503, 504})
"""Answers after which a caller asks again."""

FINAL = frozenset({"succeeded", "failed", "cancelled", "unknown"})


@dataclass
class Call:
    """The call.

    Attributes:
        fleet: who is called.
        case: what is called.
        scene: about what.
        before: the last operation of the kind that was there before.
        key: of all its tries.
    """

    fleet: Fleet
    case: Case
    scene: Scene
    before: str
    key: str = field(default_factory=lambda: uuid.uuid4().hex)

    @classmethod
    def about(cls, fleet: Fleet, case: Case, scene: Scene) -> Self:
        """Prepare a call; the ids of operations grow with time."""
        page = fleet.call("GET", f"/operations?kind={case.name}&limit=1")
        return cls(fleet, case, scene, str(page["items"][0]["id"]) if page["items"] else "")

    def begin(self) -> None:
        """Make the first try, and more while the call is only put off: nothing has begun then."""
        await_(self._is_begun, "the call is put off all the time")

    def _is_begun(self) -> bool:
        answer = self.make()
        put_off = answer is not None and answer.status_code in RETRIED
        return not put_off or bool(self.operations())

    def make(self, gateway: int = 0) -> requests.Response | None:
        """Try once; None if there is no answer."""
        case = self.case
        path = case.path.format(instance=self.scene.instance)
        key = self.key if case.method == "POST" else ""
        body = case.body(self.fleet, self.scene)
        try:
            return self.fleet.send(case.method, path, body, key=key, gateway=gateway, wait=10)
        except requests.ConnectionError:
            return None

    def repeat(self) -> JSON:
        """Try until the operation has ended, and return it.

        A call that takes no key is only repeated when nothing came of it: that is what a caller
        does who looks first.
        """
        return await_(self._ended, "the operation does not end", END_SECONDS)

    def _ended(self) -> JSON | None:
        self.fleet.revive()
        begun = self.operations()
        ended = [each for each in begun if each["status"] in FINAL]
        if self.case.method == "POST":
            answer = self.make(gateway=1)
            if answer is None or answer.status_code in {202, *RETRIED}:
                return self._unless_refused(ended, answer)
            return self.operations()[0]
        if not begun:
            self.make(gateway=1)
            return None
        return ended[0] if ended else None

    @staticmethod
    def _unless_refused(ended: list[JSON], answer: requests.Response | None) -> JSON | None:
        """A final failure is replayed with the status that it had: 409 and 502 may be final."""
        replayed = answer is not None and "Idempotency-Replayed" in answer.headers
        return ended[0] if ended and replayed else None

    def operations(self) -> list[JSON]:
        """Return the operations that the call has begun, the newest first."""
        page = self.fleet.call("GET", f"/operations?kind={self.case.name}&limit=20")
        return [each for each in page["items"] if each["id"] > self.before]
