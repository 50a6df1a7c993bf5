"""``python -m deploy.cluster``: a cluster, the main job, kill -9 meanwhile, and a judgement."""

import json
import signal
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from threading import Event
from time import monotonic
from types import FrameType
from typing import Any, Final

from rich.console import Console

from deploy.cluster.demonstration import Demonstration, places
from deploy.cluster.ground import QUEUES, REDIS
from deploy.cluster.judge import Verdict
from deploy.cluster.running import Cluster, Plan, running_cluster
from deploy.cluster.screen import Screen
from deploy.servers import Absent
from gateway.cli.failure import FAILED, INTERRUPTED, Failure

GLANCE_SECONDS: Final = 1.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demonstration.

    Returns:
        The exit status: 0 only if every promise held.
    """
    options = _options(arguments)
    screen = Screen(Console(stderr=options.json))
    signal.signal(signal.SIGTERM, _end)
    try:
        return _run(options, screen)
    except Failure as failure:
        screen.line(f"FAILED: {failure}")
        return failure.status
    except Absent as absence:
        screen.line(f"FAILED: {absence}. 'make services' installs the servers.")
        return FAILED
    except KeyboardInterrupt:
        screen.step("Ended.")
        return INTERRUPTED


def _options(arguments: Sequence[str] | None) -> Namespace:
    parser = ArgumentParser("python -m deploy.cluster", description=__doc__)
    parser.add_argument("--exit", action="store_true", help="end after the judgement")
    parser.add_argument("--json", action="store_true", help="print the judgement as JSON")
    parser.add_argument("--queue", choices=QUEUES, default=REDIS, help="what workers take from")
    return parser.parse_args(arguments)


def _run(options: Namespace, screen: Screen) -> int:
    began = monotonic()
    screen.step(
        f"Starting PostgreSQL, Redis ({options.queue} is the queue), HAProxy, two of each ..."
    )
    with running_cluster(Plan(queue=options.queue)) as cluster:
        screen.step(f"All serve behind {cluster.proxy.url}.")
        verdicts = Demonstration(cluster, screen).run()
        screen.judgement(verdicts)
        if options.json:
            _tell(cluster, verdicts, monotonic() - began)
        if not options.exit:
            _stay(cluster, screen)
    screen.step("All is stopped; nothing stays.")
    return 0 if all(verdict.holds for verdict in verdicts) else 1


def _tell(cluster: Cluster, verdicts: Sequence[Verdict], seconds: float) -> None:
    document: dict[str, Any] = {
        "holds": all(verdict.holds for verdict in verdicts),
        "seconds": round(seconds, 1),
        "verdicts": [verdict.document() for verdict in verdicts],
        "places": dict(places(cluster)),
    }
    sys.stdout.write(json.dumps(document, indent=2) + "\n")
    sys.stdout.flush()


def _stay(cluster: Cluster, screen: Screen) -> None:
    """Say where everything is, and wait for Ctrl-C, or for one of the processes to end."""
    screen.places(places(cluster))
    never = Event()
    try:
        while not never.wait(GLANCE_SECONDS):
            cluster.require_alive()
    except KeyboardInterrupt:
        screen.step("Ending ...")


def _end(number: int, _frame: FrameType | None) -> None:
    """Leave in an orderly way, so that everything that was started is ended."""
    sys.exit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
