"""One process of a fleet; `supervisor` starts it.

Standard input has the fleet as one line of JSON, and is then the lifeline: at its end so is the
process. The argument says which share of the deployments is its own. Standard output gets one line
for each that listens, or one with an `error`.
"""

import json
import os
import resource
import signal
import sys
from contextlib import ExitStack, closing
from itertools import islice
from typing import Any

from gateway.simulator.certificate import new_key
from gateway.simulator.premises import Premises
from gateway.simulator.server import Simulator

from .document import Fleet
from .member import Member, members


def main() -> None:
    """Serve a share of a fleet until standard input or SIGTERM ends it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the supervisor too, who ends us
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    _allow_files()
    fleet = Fleet.model_validate_json(sys.stdin.readline())
    with ExitStack() as running:
        try:
            premises = running.enter_context(closing(Premises(new_key())))
            for member in islice(members(fleet), int(sys.argv[1]), None, fleet.processes):
                simulator = running.enter_context(_simulator(member, premises))
                _say(simulator.announcement() | {"name": member.name, "processId": os.getpid()})
        except OSError as trouble:
            _say({"error": str(trouble)})
            sys.exit(1)
        sys.stdin.read()


def _simulator(member: Member, premises: Premises) -> Simulator:
    return Simulator(
        member.name,
        member.port,
        scenario=member.scenario,
        conduct=member.conduct,
        premises=premises,
    )


def _say(document: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(document) + "\n")
    sys.stdout.flush()


def _allow_files() -> None:
    """Take as many open files as the system gives: each deployment and each client needs one."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


if __name__ == "__main__":
    main()
