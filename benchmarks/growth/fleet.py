"""Does the reckoning hold? The simulator's fleet with a day's mix, beside what ``capacity`` says.

The deployments are simulated ones, with instances that were there before the gateway and were
adopted, on the other core together with those who call. Commands run for hours on some of them.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from itertools import count, cycle
from pathlib import Path
from statistics import median
from time import monotonic, sleep
from typing import Final

from benchmarks.api import Api, registered
from benchmarks.figures import Goal, p99, timed
from benchmarks.growth import capacity
from benchmarks.growth.deployments import PAGE, SETTLED
from benchmarks.growth.site import Callers, Ground, Site, prepared, shared
from benchmarks.processes import GATEWAY, JSON, program
from benchmarks.world import LOAD_CORE
from gateway.settings import child_environment

CALLERS: Final = 8
MESSAGES: Final = 10_000_000
"""Of an instance: to verify them takes hours."""

LATENCY: Final = {"read": 0.02, "change": 0.05, "run": 0.05, "poll": 0.005}
"""Seconds that a simulated deployment takes."""

RATES: Final = {
    "cached list": 10.0,
    "read of an instance's stores": 10.0,
    "creation of a store": 0.5,
    "live list of all": 0.05,
}
"""Calls a second, by the names of the curves over deployments."""

MOST: Final = 1.3
"""What the measured may be to the reckoned."""


@dataclass(frozen=True)
class Plan:
    """How large a fleet is simulated.

    Attributes:
        deployments: in the fleet.
        instances: on each.
        running: operations, of as many instances.
    """

    deployments: int
    instances: int
    running: int


def measured(
    folder: Path, plan: Plan, seconds: float, curves: capacity.Curves
) -> tuple[JSON, list[Goal]]:
    """Measure a fleet, and reckon the same with what was measured apart.

    Args:
        folder: an empty one.
        plan: how large.
        seconds: of each of two stretches: nobody calls, and everybody does.
        curves: that were measured before, by name and by what there is more of.

    Returns:
        Both, and the goal that they agree.
    """
    with _fleet(folder, plan) as announcements:
        ground = prepared(folder / "home")
        instances = _settled(ground, announcements, plan)
        ground.rest()
        with ground.serving() as site:
            sleep(SETTLED)
            quiet = site.cores(seconds)
            calls = _calls(instances[plan.running :] or instances)
            busy, taken = _mixed(site, calls, seconds)
            size = site.size()
    answered = {name: _spread(each) for name, each in taken.items()}
    rates = {name: len(each) / seconds for name, each in taken.items()}
    reckoned = capacity.cores(plan.deployments, plan.running, rates, curves)
    document: JSON = {
        "plan": asdict(plan) | {"seconds": seconds, "calls a second": rates},
        "reckoned": reckoned,
        "measured": {"nobody calls": quiet, "with the mix": busy},
        "answered": answered,
        "size": asdict(size),
    }
    return document, goals(document)


def goals(document: JSON) -> list[Goal]:
    """Return the goals that a fleet needs what is reckoned for it; none where too little is."""
    found, parts = document["measured"], document["reckoned"]
    if capacity.BACKGROUND not in parts:
        return []
    quiet = sum(parts.get(name, 0.0) for name in capacity.STANDING)
    pairs = {"nobody calls": quiet, "with the mix": sum(parts.values())}
    number = document["plan"]["deployments"]
    return [
        Goal(f"fleet of {number}, {name}: measured / reckoned", found[name], most, MOST, "cores")
        for name, most in pairs.items()
    ]


@contextmanager
def _fleet(folder: Path, plan: Plan) -> Iterator[list[JSON]]:
    """Run the fleet on the core of the load; yield what the deployments say of themselves."""
    group = {
        "name": "site-####",
        "count": plan.deployments,
        "latency": LATENCY,
        "sizes": {"instances": plan.instances, "messages": MESSAGES},
    }
    path = folder / "fleet.yaml"
    path.write_text(json.dumps({"seed": 1, "processes": 1, "groups": [group]}))
    words = [*GATEWAY, "simulate", "--scenario", str(path), "--lifeline"]
    environment = child_environment(home=str(folder))
    with program(folder, "fleet", words, environment, plan.deployments, LOAD_CORE) as started:
        yield started.said


def _settled(ground: Ground, announcements: Sequence[JSON], plan: Plan) -> list[str]:
    """Register the fleet, adopt what lies on it, and begin what runs.

    Returns:
        The instances, one of each deployment first, then the next of each.
    """
    with ground.serving() as site:
        owner = site.api.call("GET", "/me")["reseller"]
        for deployment in shared(site.api, registered, announcements):
            site.api.call("POST", f"/deployments/{deployment}/inventory/refresh")
        listed = list(_pages(site.api, "/inventory/unowned?limit=500"))
        found = [
            each for start in range(plan.instances) for each in listed[start :: plan.instances]
        ]
        shared(site.api, lambda api, one: _adopted(api, one, owner), found)
        shared(site.api, _begun, found[: plan.running])
    return found


def _pages(api: Api, path: str) -> Iterator[str]:
    """Yield the ids of a list, from all its pages."""
    cursor: str | None = ""
    while cursor is not None:
        page = api.call("GET", path, params={"cursor": cursor} if cursor else {})
        yield from (each["id"] for each in page["items"])
        cursor = page["nextCursor"]


def _adopted(api: Api, instance: str, owner: str) -> None:
    api.call("POST", f"/inventory/{instance}/adopt", json={"reseller": owner})


def _begun(api: Api, instance: str) -> None:
    api.begin(f"/instances/{instance}/stores/verify", {"includeIndexes": True})


def _calls(instances: Sequence[str]) -> dict[str, Callable[[Api], object]]:
    """Return what is called, by the names of ``RATES``."""
    turn, years = cycle(instances), count(1)
    page = f"/instances?limit={PAGE}"

    def create(caller: Api) -> object:
        name = {"name": f"Archive {next(years)}"}
        return caller.call("POST", f"/instances/{next(turn)}/stores", json=name)

    return {
        "cached list": lambda caller: caller.call("GET", page),
        "read of an instance's stores": lambda caller: caller.call(
            "GET", f"/instances/{next(turn)}/stores"
        ),
        "creation of a store": create,
        "live list of all": lambda caller: caller.call("GET", f"{page}&q=site&consistency=live"),
    }


def timetable(rates: Mapping[str, float], seconds: float) -> list[tuple[float, str]]:
    """Return when what is called: each kind evenly, from half its own distance on; once at least.

    Args:
        rates: calls a second, by kind.
        seconds: how long.
    """
    numbers = {name: max(1, round(rate * seconds)) for name, rate in rates.items()}
    return sorted(
        ((each + 0.5) * seconds / number, name)
        for name, number in numbers.items()
        for each in range(number)
    )


def _mixed(
    site: Site, calls: Mapping[str, Callable[[Api], object]], seconds: float
) -> tuple[float, dict[str, list[float]]]:
    """Call at the times that are planned, whoever is still waiting; return cores and seconds."""
    waiting: dict[str, list[Future[float]]] = defaultdict(list)
    callers = Callers(site.api, CALLERS)
    with ThreadPoolExecutor(CALLERS) as pool:
        before, began = site.meter.read(), monotonic()
        for moment, name in timetable(RATES, seconds):
            sleep(max(0.0, began + moment - monotonic()))
            waiting[name].append(pool.submit(callers.lend, partial(_timed, calls[name])))
        taken = {name: [each.result() for each in some] for name, some in waiting.items()}
        spent, passed = site.meter.read() - before, monotonic() - began
    return spent / passed, taken


def _timed(call: Callable[[Api], object], caller: Api) -> float:
    return timed(partial(call, caller))


def _spread(seconds: Sequence[float]) -> JSON:
    return {"number": len(seconds), "p50": median(seconds), "p99": p99([*seconds, *seconds])}
