"""What a serving process takes: no library that it has no use for, and no more with time."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.memory import READS
from tests.cli.program import PATIENCE, environment, run

MEGABYTE = 1_000_000

UNUSED = {
    "alembic": "only whoever brings the schema up to date",
    "celery": "only whoever tracks operations, after the fork",
    "charset_normalizer": "nobody: requests guesses no encodings",
    "greenlet": "nobody: there are threads",
    "kombu": "with Celery",
    "opentelemetry": "only with SPE_GATEWAY_OTLP_ENDPOINT",
    "prometheus_client": "only with SPE_GATEWAY_METRICS_BIND",
    "psycopg": "only with PostgreSQL",
    "pydantic": "only the scenarios of simulated fleets",
    "pygments": "with rich",
    "redis": "only with SPE_GATEWAY_REDIS_URL",
    "rich": "only what draws on a terminal",
    "gateway.simulator": "only the commands that simulate",
    "sqlalchemy.orm": "nobody",
    "yaml": "only whoever is asked for the contract in YAML",
}
"""Libraries that a gateway on SQLite does not load before it serves, and who does."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that is set up, with the credentials of its operator beside it."""
    home = tmp_path_factory.mktemp("memory") / "home"
    done = run(["init"], environment(home))
    assert not done.returncode, done.stderr
    home.with_name("operator.json").write_text(done.stdout)
    return home


def said(home: Path, what: str) -> object:
    """Return what a gateway of its own process says of itself."""
    operator = json.loads(home.with_name("operator.json").read_text())
    credentials = {"client_id": operator["clientId"], "client_secret": operator["clientSecret"]}
    done = subprocess.run(  # noqa: S603 # our own interpreter
        [sys.executable, "-m", "tests.cli.memory", what],
        env=environment(home, client_rate="100000/minute", reseller_rate="100000/minute"),
        input=json.dumps(credentials),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert not done.returncode, done.stderr
    return json.loads(done.stdout)


def test_a_gateway_loads_nothing_that_it_has_no_use_for(home: Path) -> None:
    loaded = said(home, "modules")

    assert isinstance(loaded, list)
    assert "gateway.factory" in loaded
    assert {name: reason for name, reason in UNUSED.items() if name in loaded} == {}


@pytest.mark.parametrize(
    ("wanted", "unused"),
    [
        ("gateway.factory", "sqlite3"),  # only with SQLite
        ("gateway.worker.tracker", "greenlet"),
        ("gateway.worker.tracker", "yaml"),
        ("gateway.cli.audit", "flask"),
        ("gateway.cli.backup", "flask"),
        ("gateway.cli.init", "flask"),
        ("gateway.cli.restore", "flask"),
        ("gateway.cli.rotate_keys", "flask"),
        ("gateway.cli.statements", "flask"),
        ("gateway.cli.upgrade", "flask"),
    ],
)
def test_a_module_does_not_bring_what_it_has_no_use_for(wanted: str, unused: str) -> None:
    words = f"import sys, {wanted}; print({unused!r} in sys.modules)"
    done = subprocess.run(  # noqa: S603 # our own interpreter
        [sys.executable, "-c", words],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    assert done.stdout == "False\n"


def test_what_a_password_is_hashed_in_is_given_back(home: Path) -> None:
    """Kept, it would be 19 MiB for each thread."""
    grown = said(home, "hashes")

    assert isinstance(grown, int)
    assert grown < 15 * MEGABYTE


def test_a_gateway_keeps_nothing_of_what_it_has_answered(home: Path) -> None:
    """But for the times of the calls, which the two rates of a client are counted with."""
    left = said(home, "reads")

    assert isinstance(left, int)
    assert left < 4 * READS
