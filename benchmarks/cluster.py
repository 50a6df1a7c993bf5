"""Two gateways against one: ``python -m benchmarks.cluster``; reported, no goal.

One cluster with two gateways on one PostgreSQL and one Redis, and two proxies: behind the first is
one of the gateways, behind the second are both. They are measured in turn, with the read that
``benchmarks.speed`` measures. The machine's cores are shared by all that runs, so the requests per
second say little. What counts is the processor time that the gateways alone spend for a request: if
it is the same with two as with one, two gateways on cores of their own serve twice as much.
"""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from benchmarks.api import Api, registered
from benchmarks.figures import Sample
from benchmarks.load import Run, Target, load
from benchmarks.processes import BenchmarkError
from benchmarks.processor import Nobody, Processes
from deploy.cluster.proxy import configuration
from deploy.cluster.running import Cluster, Plan, running_cluster
from deploy.servers import Absent, Haproxy, free_port, started
from gateway.cli.failure import Failure

CONNECTIONS: Final = 16
MEMBERS: Final = ("rate", "processor", "p50", "p99")

Say = Callable[[str], None]


class Gateways:
    """What all gateways of a cluster cost together.

    Args:
        cluster: runs.
    """

    def __init__(self, cluster: Cluster) -> None:
        self._each = [Processes(pid) for pid in cluster.gateway_pids]

    def read(self) -> float:
        """Return the seconds of processor that they have spent so far."""
        return sum(each.read() for each in self._each)

    def largest(self) -> float:
        """Return the resident megabytes of the largest process."""
        return max(each.largest() for each in self._each)


@dataclass(frozen=True)
class Scaling:
    """What came out, round by round.

    Attributes:
        one: with one gateway behind the proxy.
        two: with both.
    """

    one: Sequence[Run]
    two: Sequence[Run]

    @property
    def factor(self) -> float:
        """How much two gateways serve of what one does, each with as many cores as it can use."""
        return 2 * _sample(self.one, "processor").median / _sample(self.two, "processor").median

    def document(self) -> dict[str, Any]:
        """Return it as JSON."""
        found = {
            name: {member: _sample(runs, member).document() for member in MEMBERS}
            for name, runs in (("one", self.one), ("two", self.two))
        }
        return {**found, "factor": self.factor}


def measured(rounds: int, seconds: float, say: Say) -> Scaling:
    """Start a cluster, and measure it behind both proxies in turn.

    Args:
        rounds: in which each proxy has a turn.
        seconds: of a turn.
        say: is told what goes on.

    Raises:
        BenchmarkError: a server does not start, or a request failed.
    """
    runs: tuple[list[Run], list[Run]] = ([], [])
    say("a cluster with two gateways")
    with _served() as (cluster, targets):
        meter = Gateways(cluster)
        for target in targets:  # what is slow the first time only is not measured
            load(target, CONNECTIONS, seconds, Nobody())
        for number in range(rounds):
            say(f"two gateways against one, round {number + 1} of {rounds}")
            for target, found in zip(targets, runs, strict=True):
                found.append(load(target, CONNECTIONS, seconds, meter))
    return Scaling(*runs)


@contextmanager
def _served() -> Iterator[tuple[Cluster, tuple[Target, Target]]]:
    """Run the cluster; yield it with what is asked for, of one gateway and of two."""
    try:
        with (
            TemporaryDirectory(prefix="benchmarks-") as folder,
            running_cluster(Plan(deployments=("alpha",))) as cluster,
            started(_one_gateway(Path(folder), cluster)) as proxy,
        ):
            api = Api(cluster.proxy.url, dict(cluster.operator))
            path = _archive(api, cluster)
            headers = {"Authorization": f"Bearer {api.token}"}
            one, two = (Target(f"{each.url}{path}", headers) for each in (proxy, cluster.proxy))
            yield cluster, (one, two)
    except (Absent, Failure) as failure:
        raise BenchmarkError(str(failure)) from failure


def _one_gateway(folder: Path, cluster: Cluster) -> Haproxy:
    port, first = free_port(), dict(list(cluster.urls.items())[:1])
    return Haproxy(folder, port, configuration(port, first))


def _archive(api: Api, cluster: Cluster) -> str:
    """Make an instance with a store, and return the path that is read."""
    registered(api, {"name": "alpha", **cluster.announcements["alpha"]})
    body = {
        "instanceID": "acme",
        "displayName": "Acme",
        "archiveAdmin": True,
        "store": {"name": "Mail"},
    }
    return f"/instances/{api.call('POST', '/instances', json=body)['id']}/stores"


def _sample(runs: Sequence[Run], member: str) -> Sample:
    return Sample(tuple(getattr(run, member) for run in runs))


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print what came out as JSON."""
    parser = ArgumentParser("python -m benchmarks.cluster", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=4)
    options = parser.parse_args(arguments)
    found = measured(options.rounds, options.seconds, lambda text: print(text, file=sys.stderr))  # noqa: T201 # a program's words
    sys.stdout.write(json.dumps(found.document(), indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
