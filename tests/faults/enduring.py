"""Clients that go on calling while there is no gateway, or one that knows less than before.

Each does what `docs/retries.md` asks of it: a call is sent again with its key until there is an
answer, and a token that is refused is fetched anew.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Event, Thread
from time import monotonic
from typing import Any, Final

import requests

from tests.core import until
from tests.faults.rolling import Cluster, NobodyListens

PAUSE_SECONDS: Final = 0.25
PROBLEM: Final = "application/problem+json"
LATER: Final = frozenset({"IDEMPOTENCY_IN_FLIGHT", "OPERATION_IN_PROGRESS"})
"""Problems that pass, beside all those of 429 and 503."""

Body = Mapping[str, Any]


@dataclass(frozen=True)
class Answer:
    """What a try came to.

    Attributes:
        path: what was called.
        begun: when it was sent, of the monotonic clock.
        status: of HTTP; 0 where the line broke off, or nobody listened.
        body: JSON.
        replayed: whether it is the answer to an earlier call.
        is_clear: whether it is a success, or a problem with a code, or for tokens one with an
            ``error`` (RFC 6749, section 5.2).
    """

    path: str
    begun: float
    status: int = 0
    body: Body = field(default_factory=dict)
    replayed: bool = False
    is_clear: bool = True

    @property
    def code(self) -> str:
        """The code of its problem; empty if there is none."""
        return str(self.body.get("code", ""))

    @property
    def is_success(self) -> bool:
        """Whether it was answered, and not with a problem."""
        return 0 < self.status < requests.codes.bad_request

    @property
    def passes(self) -> bool:
        """Whether the same call may be answered otherwise in a moment."""
        return self.status in {0, 429, 503} or self.code in LATER


def _answer(path: str, begun: float, response: requests.Response) -> Answer:
    body = response.json() if response.content else {}
    is_problem = response.headers.get("Content-Type", "").startswith(PROBLEM)
    is_clear = response.ok or bool(body.get("code") if is_problem else body.get("error"))
    replayed = response.headers.get("Idempotency-Replayed") == "true"
    return Answer(path, begun, response.status_code, body, replayed, is_clear)


class Client:
    """An API client of the gateway.

    Args:
        cluster: what it calls.
        secret: its ``clientId`` and ``clientSecret``.
    """

    def __init__(self, cluster: Cluster, secret: Body) -> None:
        self._cluster = cluster
        self._form = {
            "grant_type": "client_credentials",
            "client_id": secret["clientId"],
            "client_secret": secret["clientSecret"],
        }
        self.id = str(secret["id"])
        self.tokens: list[str] = []
        self.tries: list[Answer] = []

    def once(self, method: str, path: str, body: Body | None = None, key: str = "") -> Answer:
        """Send a call once, with the last token, or a first one.

        Returns:
            What it came to; what came of fetching a token, where that failed.
        """
        if not self.tokens and (refused := self._log_in()):
            return refused
        headers = {"Prefer": "wait=1"} | ({"Idempotency-Key": key} if key else {})
        return self._sent(method, path, self.tokens[-1], json=body, headers=headers)

    def endure(
        self, over: Event, method: str, path: str, body: Body | None = None, key: str = ""
    ) -> Answer:
        """Send a call until it has an answer that stays, or it is over."""
        while not over.is_set():
            found = self.once(method, path, body, key)
            if found.status == requests.codes.unauthorized:
                found = self._log_in() or Answer(path, found.begun)
            if not found.passes:
                return found
            over.wait(PAUSE_SECONDS)
        return Answer(path, monotonic())

    def look(self, path: str) -> None:
        """Read something once; whose token is refused asks for another one, once."""
        if self.once("GET", path).status == requests.codes.unauthorized:
            self._log_in()

    def _log_in(self) -> Answer | None:
        """Fetch another token; return what came of it if there is none."""
        found = self._sent("POST", "/oauth/token", "", data=self._form)
        if not found.is_success:
            return found
        self.tokens.append(str(found.body["access_token"]))
        return None

    def _sent(self, method: str, path: str, token: str, **options: Any) -> Answer:  # noqa: ANN401 # as requests has them
        begun = monotonic()
        try:
            found = _answer(path, begun, self._cluster.send(method, path, token, **options))
        except (requests.RequestException, NobodyListens):
            found = Answer(path, begun)
        self.tries.append(found)
        return found


class Load:
    """Threads that call until it is over."""

    def __init__(self) -> None:
        self.over = Event()
        self.failures: list[BaseException] = []
        self._rounds: dict[str, int] = {}
        self._threads: list[Thread] = []

    def add(self, name: str, one: Callable[[], None]) -> None:
        """Do something again and again in a thread of its own.

        Args:
            name: its own.
            one: round of it.
        """
        self._rounds[name] = 0
        self._threads.append(Thread(target=self._go_on, args=(name, one), name=name))
        self._threads[-1].start()

    def await_rounds(self, number: int = 2) -> None:
        """Wait until each has done some more rounds."""
        wanted = {name: done + number for name, done in self._rounds.items()}
        until(lambda: self.failures or all(self._rounds[each] >= wanted[each] for each in wanted))
        assert not self.failures, self.failures

    def end(self) -> None:
        """Let the rounds end, and wait for that."""
        self.over.set()
        for thread in self._threads:
            thread.join()

    def _go_on(self, name: str, one: Callable[[], None]) -> None:
        while not self.over.is_set():
            try:
                one()
            except BaseException as error:  # noqa: BLE001 # every failure is for the end
                self.failures.append(error)
                return
            self._rounds[name] += 1
            self.over.wait(PAUSE_SECONDS)
