"""What the portal of resellers does: instances made, stores verified, foreign ones refused."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from itertools import count
from threading import Event, Lock, Thread
from typing import Any, Final

from deploy.cluster.client import PersistentApi, Record
from gateway.cli.account import Account, Refused
from gateway.cli.api_client import Answer, Call
from gateway.cli.demo.guide import Visitor
from gateway.cli.failure import Failure
from gateway.cli.following import Following

ACCEPTED: Final = 202
NOT_FOUND: Final = 404
IMPATIENT: Final = {"Prefer": "wait=0"}
PATIENT: Final = {"Prefer": "wait=10"}
END_SECONDS: Final = 180.0
"""No errand takes so long: not even one whose gateway and worker die."""


class Portal:
    """Several threads that run errands until they are told to stop.

    Args:
        url: of the proxy.
        record: gets every attempt at a request.
        resellers: two who signed in before; each errand is one's, and the other looks at it.
        callers: how many threads.

    Attributes:
        operations: the ids of those that were followed to their ends.
        broken_streams: how often a stream broke, and was taken up again.
    """

    def __init__(
        self, url: str, record: Record, resellers: Sequence[Visitor], callers: int = 6
    ) -> None:
        self.operations: list[str] = []
        self.broken_streams = 0
        self._url = url
        self._record = record
        self._resellers = resellers
        self._numbers = count(1)
        self._lock = Lock()
        self._done = 0
        self._under_way = 0
        self._failures: list[Exception] = []
        self._closed = Event()
        self._threads = [Thread(target=self._work, daemon=True) for _ in range(callers)]

    @property
    def done(self) -> int:
        """How many errands have been done."""
        return self._done

    @property
    def under_way(self) -> int:
        """How many operations have begun and not ended, as far as the callers know."""
        return self._under_way

    def open(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Let every errand come to its end.

        Raises:
            Failure: one did not go as it should.
        """
        self._closed.set()
        for thread in self._threads:
            thread.join(END_SECONDS)
        self.require_well()
        if any(thread.is_alive() for thread in self._threads):
            raise Failure(f"An errand did not end within {END_SECONDS:.0f} s.")

    def require_well(self) -> None:
        """Raise Failure if an errand did not go as it should."""
        for failure in self._failures:
            raise Failure(f"An errand went wrong: {failure}") from failure

    def _work(self) -> None:
        api = PersistentApi(self._url, self._record)
        accounts = [Account(api, each.client_id, each.client_secret) for each in self._resellers]
        while not (self._closed.is_set() or self._failures):
            number = next(self._numbers)
            own, other = (accounts[(number + each) % len(accounts)] for each in (0, 1))
            try:
                self._errand(number, own, other)
            except Exception as failure:  # noqa: BLE001 # whatever it is, the judge is to see it
                self._failures.append(failure)
            with self._lock:
                self._done += 1

    def _errand(self, number: int, own: Account, other: Account) -> None:
        made = self._ended(own, Call("POST", "/instances", IMPATIENT, _new(number)))
        path = f"/instances/{made['id']}"
        whole = {"includeIndexes": False}
        prefer = PATIENT if number % 2 else IMPATIENT
        self._ended(own, Call("POST", f"{path}/stores/1/verify", prefer, whole))
        self._ended(own, Call("POST", f"{path}/users", PATIENT, {"userName": "john.doe"}))
        _expect_absent(other, Call("GET", path))

    def _ended(self, account: Account, call: Call) -> Mapping[str, Any]:
        """Send a call and return what its operation has come to.

        Raises:
            Failure: it did not succeed.
        """
        with ExitStack() as undo:
            self._count(1)
            undo.callback(self._count, -1)
            answer = account.call(call)
            if answer.status != ACCEPTED:
                return _object(answer)
            operation = self._followed(account, answer.body["id"])
        self.operations.append(operation["id"])
        if operation["status"] != "succeeded":
            said = operation["problem"] or {}
            raise Failure(f"{call.method} {call.path} {operation['status']}: {said}")
        result: Mapping[str, Any] = operation["result"] or {}
        return result

    def _followed(self, account: Account, opaque: str) -> dict[str, Any]:
        following = Following(account, opaque)
        for event in following.events():
            if event.name == "lost":
                with self._lock:
                    self.broken_streams += 1
        return following.end()

    def _count(self, change: int) -> None:
        with self._lock:
            self._under_way += change


def _object(answer: Answer) -> Mapping[str, Any]:
    found: Mapping[str, Any] = answer.body or {}
    return found


def _new(number: int) -> Mapping[str, Any]:
    """Return an instance with a store and a user."""
    return {
        "instanceID": f"customer-{number:04}",
        "displayName": f"Customer {number}",
        "archiveAdmin": True,
        "store": {"name": "Mail"},
        "users": [{"userName": "jane.doe"}],
    }


def _expect_absent(account: Account, call: Call) -> None:
    """Look at what is another's.

    Raises:
        Failure: it is there.
    """
    try:
        account.call(call)
    except Refused as error:
        if error.problem.get("status") == NOT_FOUND:
            return
        raise
    raise Failure(f"{call.path} is another reseller's, and was shown.")
