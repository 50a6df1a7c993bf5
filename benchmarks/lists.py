"""Live lists over many deployments, all of them well or one of them hanging."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from threading import Event, Thread
from typing import Any, Final

import requests  # the naive way is what is compared with
from requests.adapters import HTTPAdapter

from benchmarks.api import Api, registered
from benchmarks.figures import Goal, interleaved, p99, timed
from benchmarks.processes import JSON, BenchmarkError, gateway, set_up

LATENCY: Final = 0.05
CALLERS: Final = 4
LIVE: Final = "/instances?limit=500&consistency=live"
CACHED: Final = "/instances?limit=500"
FEW_DEPLOYMENTS: Final = 10
FEW: Final = 1.3
MANY: Final = 3.0
"""What a live list of few deployments, or of a hundred, may take to that of one."""

PAUSE: Final = 0.5
"""Between two live lists in the background."""


@dataclass(frozen=True)
class Sites:
    """A gateway before deployments with one instance each.

    Attributes:
        api: calls it.
        announcements: of the deployments.
        ids: of the deployments, in the same order.
        instances: ids, in the same order.
    """

    api: Api
    announcements: Sequence[JSON]
    ids: Sequence[str]
    instances: Sequence[str]


@contextmanager
def sites(folder: Path, announcements: Sequence[JSON], **settings: str) -> Iterator[Sites]:
    """Run a gateway before deployments.

    Args:
        folder: an empty one.
        announcements: what the deployments have said of themselves.
        settings: of the gateway, beside those of every benchmark.
    """
    home = folder / "home"
    home.mkdir()
    environment, operator = set_up(home, **settings)
    with gateway(home, environment) as url:
        api = Api(url, operator)
        ids = [registered(api, one) for one in announcements]
        with ThreadPoolExecutor(CALLERS) as pool:
            instances = list(pool.map(lambda site: _created(api.another(), site), ids))
        yield Sites(api, announcements, ids, instances)


def _created(api: Api, deployment: str) -> str:
    body = {"instanceID": "tenant", "displayName": "Tenant", "deployment": deployment}
    return str(api.call("POST", "/instances", json=body)["id"])


PATIENCE: Final = "10"
"""Seconds that a live list may take where none hangs, as it is set by default."""


def all_against_one(at: Sites, rounds: int) -> list[Goal]:
    """Compare a live list of all deployments with that of one."""
    of_one = f"{LIVE}&deployment={at.ids[0]}"
    everywhere, single = interleaved(rounds, lambda: _whole(at), lambda: at.api.call("GET", of_one))
    count = len(at.ids)
    return [
        Goal(
            f"live list of {count} deployments / of one",
            everywhere,
            single,
            FEW if count <= FEW_DEPLOYMENTS else MANY,
        )
    ]


def all_against_turns(at: Sites, rounds: int) -> list[Goal]:
    """Compare a live list of all deployments with asking them in turn."""
    sessions = [session_of(one) for one in at.announcements]

    def in_turn() -> None:
        for session, one in zip(sessions, at.announcements, strict=True):
            _ask(session, one)

    everywhere, sequence = interleaved(rounds, lambda: _whole(at), in_turn)
    for session in sessions:
        session.close()
    return [
        Goal(f"live list of {len(at.ids)} / requests.Session, in turn", everywhere, sequence, 1 / 2)
    ]


def _whole(at: Sites) -> None:
    found = at.api.call("GET", LIVE)
    if found["unreachable"] or len(found["items"]) != len(at.ids):
        raise BenchmarkError(f"The list is not whole: {found['unreachable']}")


class _Pinned(HTTPAdapter):
    """Looks for one certificate, as the gateway does."""

    def __init__(self, pin: str) -> None:
        self._pin = pin
        super().__init__()

    def init_poolmanager(self, *sizes: Any, **options: Any) -> None:  # noqa: ANN401 # those of requests
        """Make the pool."""
        super().init_poolmanager(*sizes, assert_fingerprint=self._pin, **options)


def session_of(announced: JSON) -> requests.Session:
    """Return a session that keeps its connections to one deployment, and compares its pin."""
    session = requests.Session()
    session.trust_env = False
    session.verify = False  # the pin decides
    session.mount("https://", _Pinned(announced["sha256"]))
    session.auth = (announced["userName"], announced["password"])
    return session


def _ask(session: requests.Session, announced: JSON) -> None:
    """Send the two reads that a live list costs."""
    url = f"https://127.0.0.1:{announced['port']}/api/invoke"
    for command, form in (("GetInstances", {"instanceFilter": "*"}), ("GetInstanceHosts", {})):
        session.post(f"{url}/{command}", data=form, timeout=60).raise_for_status()


def one_hangs(at: Sites, rounds: int, calls: int) -> list[Goal]:
    """Compare what others notice when one deployment hangs while live lists go on.

    Args:
        at: the deployments; the last one hangs.
        rounds: how often it does.
        calls: how many calls each caller makes in a round.
    """
    well: list[float] = []
    hanging: list[float] = []
    cached: dict[bool, list[float]] = {True: [], False: []}
    with _listing(at.api.another()):
        _calls(at, calls)
        for _ in range(rounds):
            well += _calls(at, calls)
            cached[False] += _cached(at, calls)
            with _hang(at.announcements[-1]):
                hanging += _calls(at, calls)
                cached[True] += _cached(at, calls)
    return [
        Goal("p99 of calls to others, one hangs / none does", p99(hanging), p99(well), 1.1),
        Goal(
            "cached list, one hangs / none does", median(cached[True]), median(cached[False]), 1.1
        ),
    ]


def _calls(at: Sites, calls: int) -> list[float]:
    """Return the seconds of calls to all deployments but the last, from several callers."""
    others = at.instances[:-1]

    def call(number: int) -> list[float]:
        api = at.api.another()
        mine = islice(cycle(others), number, number + calls)
        taken = [timed(lambda: api.call("GET", f"/instances/{one}")) for one in mine]  # noqa: B023 # called at once
        api.close()
        return taken

    with ThreadPoolExecutor(CALLERS) as pool:
        return [each for taken in pool.map(call, range(CALLERS)) for each in taken]


def _cached(at: Sites, calls: int) -> list[float]:
    """Return the seconds of cached lists, which are short: as many as all callers' calls."""
    return [timed(lambda: at.api.call("GET", CACHED)) for _ in range(CALLERS * calls)]


@contextmanager
def _hang(announced: JSON) -> Iterator[None]:
    """Let a deployment accept calls and never answer."""
    faults = f"{announced['controlUrl']}/faults"
    fault = {"kind": "hang", "command": "*", "count": None}
    with requests.Session() as control:
        control.post(faults, json=fault, timeout=60).raise_for_status()
        try:
            yield
        finally:
            control.delete(faults, timeout=60).raise_for_status()


@contextmanager
def _listing(api: Api) -> Iterator[None]:
    """Ask for live lists in the background, whoever answers."""
    ended = Event()

    def ask() -> None:
        while not ended.wait(PAUSE):
            api.call("GET", LIVE)

    asking = Thread(target=ask, name="listing")
    asking.start()
    try:
        yield
    finally:
        ended.set()
        asking.join()
