"""``python -m benchmarks.hotpath``: what one authorised read costs our process, and where.

The gateway runs in this process, the deployment in another one; what is counted is the processor
time of this process alone, lanes' threads included. What gunicorn adds is in ``make bench``.
"""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from cProfile import Profile
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from pstats import Stats
from statistics import median
from tempfile import TemporaryDirectory
from threading import local
from time import process_time_ns, thread_time_ns
from typing import Any, Final

from flask import Flask
from rich.console import Console
from rich.table import Table
from werkzeug.test import Client, EnvironBuilder

from benchmarks.processes import JSON, UNHURRIED, BenchmarkError, fleet
from gateway.broker import admission, broker
from gateway.broker.bootstrap import FirstOperator, set_up
from gateway.broker.engine.connections import Connections
from gateway.broker.engine.lanes import Lanes
from gateway.broker.engine.runner import Runner
from gateway.cli.announced import registration
from gateway.factory import Gateway, create_app
from gateway.settings import Settings
from gateway.spe.channel import Channel
from gateway.storage.database import Database
from gateway.storage.known import Known
from gateway.storage.rates import Rates
from gateway.storage.vault import Vault, create_keys
from gateway.web import door, hooks

ROUNDS: Final = 10
NANOSECONDS: Final = 1_000

Stage = tuple[str, Any, str]
"""What it is called, whose it is, and the name of the function there."""

STAGES: Final[Sequence[Stage]] = (
    ("routing", Flask, "create_url_adapter"),
    ("token and principal", Gateway, "authenticate"),
    ("rate limits", Rates, "of_client"),
    ("ownership", Known, "instance"),
    ("capabilities", broker.Broker, "supported"),
    ("plan", broker, "operation_for"),
    ("place in the lane", Lanes, "run_here"),
    ("operation", Runner, "drive"),
    ("client", Connections, "client"),
    ("upstream", Channel, "_body"),
    ("reply", Channel, "ask"),
    ("observation", admission.Observations, "add"),
    ("answer", door, "shaped"),
    ("JSON", door, "jsonify"),
)


@dataclass
class Stages:
    """How much processor time each stage took, without the stages inside it.

    Attributes:
        taken: nanoseconds by stage.
    """

    taken: dict[str, int] = field(default_factory=dict)
    _inner: local = field(default_factory=local)

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Count from now on, in every thread."""
        with ExitStack() as undo:
            for name, owner, function in STAGES:
                original = getattr(owner, function)
                setattr(owner, function, self._counted(name, original))
                undo.callback(setattr, owner, function, original)
            yield

    def _counted(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        self.taken.setdefault(name, 0)

        @wraps(function)
        def counted(*arguments: Any, **options: Any) -> Any:  # noqa: ANN401 # whatever it takes
            before = getattr(self._inner, "sum", 0)
            self._inner.sum, began = 0, thread_time_ns()
            try:
                return function(*arguments, **options)
            finally:
                whole = thread_time_ns() - began
                self.taken[name] += whole - self._inner.sum
                self._inner.sum = before + whole

        return counted


@dataclass(frozen=True)
class Read:
    """A read that is repeated.

    Attributes:
        name: for the table.
        app: the gateway.
        path: of the resource.
        environ: of the call, as a WSGI server makes it.
    """

    name: str
    app: Flask
    path: str
    environ: Mapping[str, Any]

    def call(self) -> None:
        """Make the call as a WSGI server would.

        Raises:
            BenchmarkError: it is no success.
        """
        said: list[str] = []

        def start(status: str, *_: object) -> Callable[[bytes], object]:
            said.append(status)
            return sys.stdout.buffer.write  # which no answer of ours uses

        body = self.app.wsgi_app(dict(self.environ), start)
        text = b"".join(body)
        if said != ["200 OK"]:
            raise BenchmarkError(f"{self.path}: {said} {text[:500]!r}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print."""
    options = _options(arguments)
    with TemporaryDirectory(prefix="hotpath-") as name, reads(Path(name)) as found:
        for read in found:
            _show(read, options)
    return 0


def _options(arguments: Sequence[str] | None) -> Namespace:
    parser = ArgumentParser("python -m benchmarks.hotpath", description=__doc__)
    parser.add_argument("--requests", type=int, default=2000, help="of each kind")
    parser.add_argument("--profile", type=int, default=0, help="print so many lines of cProfile")
    return parser.parse_args(arguments)


@contextmanager
def reads(folder: Path) -> Iterator[list[Read]]:
    """Set a gateway up before one deployment with one instance; yield what is measured."""
    home = folder / "home"
    home.mkdir()
    settings = Settings(home=home, client_rate=UNHURRIED, reseller_rate=UNHURRIED)
    with closing(Database(settings.database)) as database:
        operator = set_up(database, Vault(create_keys(home)))
    with fleet(folder, 1, 0.0) as announced:
        app = create_app(settings)
        with closing(app.extensions[hooks.EXTENSION]):
            token = _token(app, operator)
            instance = _instance(Client(app), token, announced[0])
            paths = {
                "stores, one call upstream": f"/instances/{instance}/stores",
                "one instance, three calls upstream": f"/instances/{instance}",
                "instances, none": "/instances",
            }
            yield [Read(name, app, path, _environ(path, token)) for name, path in paths.items()]


def _environ(path: str, token: str) -> JSON:
    with closing(EnvironBuilder(path, headers=[("Authorization", f"Bearer {token}")])) as maker:
        return maker.get_environ()


def _token(app: Flask, operator: FirstOperator) -> str:
    form = {
        "grant_type": "client_credentials",
        "client_id": operator.client_id,
        "client_secret": operator.client_secret,
    }
    answer = Client(app).post("/oauth/token", data=form).json or {}
    return str(answer["access_token"])


def _instance(client: Client, token: str, announced: JSON) -> str:
    """Register the deployment and make an instance with a store; return its id."""
    site = _made(client, token, "/deployments", registration(announced["name"], announced))
    tenant = {"instanceID": "tenant", "displayName": "Tenant", "deployment": site}
    return _made(client, token, "/instances", {**tenant, "store": {"name": "2026"}})


def _made(client: Client, token: str, path: str, body: JSON) -> str:
    headers = {"Authorization": f"Bearer {token}", "Prefer": "wait=30"}
    answer = client.post(path, json=body, headers=headers)
    if answer.status_code != 201:  # noqa: PLR2004 # Created
        raise BenchmarkError(f"{path}: {answer.status_code} {answer.text[:500]}")
    return str((answer.json or {})["id"])


def _show(read: Read, options: Namespace) -> None:
    number = max(1, options.requests // ROUNDS)
    repeated(read, number)
    whole = median(repeated(read, number) for _ in range(ROUNDS))
    stages = Stages()
    with stages.watched():
        watched = repeated(read, number)
    console = Console()
    console.print(f"GET {read.path}: {whole:.0f} µs of processor time")
    table = Table("Stage", "µs", title=read.name)
    inside = {name: taken / number / NANOSECONDS for name, taken in stages.taken.items()}
    for name, taken in inside.items():
        table.add_row(name, f"{taken:.0f}")
    table.add_row("all else", f"{watched - sum(inside.values()):.0f}")
    console.print(table)
    if options.profile:
        _profile(read, number, options.profile)


def repeated(read: Read, number: int) -> float:
    """Return the microseconds of processor time that one call takes in the mean of so many."""
    began = process_time_ns()
    for _ in range(number):
        read.call()
    return (process_time_ns() - began) / number / NANOSECONDS


def _profile(read: Read, number: int, lines: int) -> None:
    """Print what the request's own thread does."""
    profile = Profile()
    profile.runcall(repeated, read, number)
    Stats(profile).sort_stats("tottime").print_stats(lines)


if __name__ == "__main__":
    sys.exit(main())
