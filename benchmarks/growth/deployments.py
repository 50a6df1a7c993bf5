"""What a gateway costs with 1 to 1,000 registered deployments: called, and while nobody calls.

The deployments are the stubs of ``benchmarks.stub``, which answer at once, on the other core. There
are 100 instances at least, one on each deployment, so that every page is full.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count, cycle
from pathlib import Path
from statistics import median
from time import sleep
from typing import Final

from benchmarks.api import Api, registered
from benchmarks.figures import Goal, timed
from benchmarks.growth.fit import Curve
from benchmarks.growth.site import Site, prepared, shared
from benchmarks.processes import BenchmarkError
from benchmarks.world import stub

OF: Final = "deployments"
PAGE: Final = 100
"""Rows of a page; there are as many instances at least."""

CALLS: Final = 60
"""Of each kind, so that the kernel's hundredths of a second make no difference."""

ASKED: Final = 300
"""Deployments that the live lists ask, taken together; one list at least."""

SETTLED: Final = 40.0
"""Seconds until every chore has had its first turn, which plans all the others."""

FLAT: Final = 1.3

Action = Callable[[], object]


@dataclass(frozen=True)
class Called:
    """What a call costs.

    Attributes:
        seconds: that the caller waits, the median.
        processor: seconds of the gateway's processor, on average.
    """

    seconds: float
    processor: float


@dataclass(frozen=True)
class Standing:
    """What a gateway with so many deployments costs.

    Attributes:
        deployments: how many.
        calls: by name.
        cores: while nobody calls.
        looks: into a deployment's inventory, a second, meanwhile.
        megabytes: of its process at the end.
        threads: likewise.
        files: likewise; connections among them.
    """

    deployments: int
    calls: Mapping[str, Called]
    cores: float
    looks: float
    megabytes: float
    threads: int
    files: int


def measured(folder: Path, sizes: Sequence[int], seconds: float) -> tuple[list[Curve], list[Goal]]:
    """Measure with more and more deployments, each time a new gateway.

    Args:
        folder: an empty one.
        sizes: how many deployments.
        seconds: for which nobody calls.
    """
    found = [_standing(folder / str(size), size, seconds) for size in sizes]
    return curves(found), goals(found)


def curves(found: Sequence[Standing]) -> list[Curve]:
    """Return what was measured as curves over the number of deployments."""
    drawn = []
    for name in found[0].calls:
        waits = {each.deployments: each.calls[name].seconds for each in found}
        costs = {each.deployments: each.calls[name].processor for each in found}
        drawn += [Curve(name, OF, "s", waits), Curve(f"{name}: processor", OF, "cpu s", costs)]
    members = (
        ("processor while nobody calls", "cores", "cores"),
        ("inventories read a second", "number", "looks"),
        ("memory", "MB", "megabytes"),
        ("threads", "number", "threads"),
        ("open files and connections", "number", "files"),
    )
    for name, unit, member in members:
        points = {each.deployments: float(getattr(each, member)) for each in found}
        counted = {size: value for size, value in points.items() if value}
        if counted:  # of one deployment, no inventory may be due meanwhile
            drawn.append(Curve(name, OF, unit, counted))
    return drawn


def goals(found: Sequence[Standing]) -> list[Goal]:
    """Return what must not grow with the deployments, once a page has one of each."""
    alike = [each for each in found if each.deployments >= PAGE] or found
    first, last = alike[0], alike[-1]
    name = f"processor of a cached list: {last.deployments} deployments / {first.deployments}"
    pair = (last.calls["cached list"].processor, first.calls["cached list"].processor)
    return [Goal(name, *pair, FLAT)]


def _standing(folder: Path, size: int, seconds: float) -> Standing:
    folder.mkdir()
    names = [f"site-{number}" for number in range(size)]
    with stub(folder, 0.0, names) as announcements:
        ground = prepared(folder / "home")
        with ground.serving() as site:
            ids = shared(site.api, registered, announcements)
            places = [ids[number % size] for number in range(max(PAGE, size))]
            instances = shared(site.api, _created, list(enumerate(places)))
        ground.rest()
        with ground.serving() as site:
            sleep(SETTLED)
            cores, looks = site.cores(seconds), site.looks(seconds) / seconds
            calls = {
                name: _called(site, action, number)
                for name, (action, number) in _actions(site.api, size, instances).items()
            }
            end = site.size()
    return Standing(size, calls, cores, looks, end.megabytes, end.threads, end.files)


def _created(api: Api, place: tuple[int, str]) -> str:
    number, deployment = place
    body = {"instanceID": f"tenant-{number}", "displayName": "Tenant", "deployment": deployment}
    return str(api.call("POST", "/instances", json=body)["id"])


def _actions(api: Api, size: int, instances: Sequence[str]) -> dict[str, tuple[Action, int]]:
    """Return what is called, by name, and how often."""
    turn, years = cycle(instances), count(1)
    page = f"/instances?limit={PAGE}"

    def live() -> None:
        # A text is looked for everywhere, so the page concerns every deployment.
        if found := api.call("GET", f"{page}&q=tenant&consistency=live")["unreachable"]:
            raise BenchmarkError(f"The list is not whole: {len(found)} did not answer.")

    def create() -> None:
        name = {"name": f"Archive {next(years)}"}
        api.call("POST", f"/instances/{next(turn)}/stores", json=name)

    return {
        "cached list": (lambda: api.call("GET", page), CALLS),
        "list of deployments": (lambda: api.call("GET", f"/deployments?limit={PAGE}"), CALLS),
        "read of an instance's stores": (
            lambda: api.call("GET", f"/instances/{next(turn)}/stores"),
            CALLS,
        ),
        "creation of a store": (create, CALLS),
        "live list of all": (live, max(1, min(CALLS, ASKED // size))),
    }


def _called(site: Site, action: Action, number: int) -> Called:
    action()
    before = site.meter.read()
    taken = [timed(action) for _ in range(number)]
    return Called(median(taken), (site.meter.read() - before) / number)
