"""``spe-gateway check``: each planted fault is found, and a sound configuration is silent."""

import json
import os
import resource
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
from cryptography.fernet import Fernet
from sqlalchemy import text, update

from gateway.cli.check import host, state
from gateway.cli.init import initialise
from gateway.model import now
from gateway.settings import Settings
from gateway.simulator.server import Simulator
from gateway.storage.database import Database
from gateway.storage.tables import deployments, signing_keys
from tests.cli.conftest import Program
from tests.core import make_home
from tests.simulated import Control

Env = pytest.MonkeyPatch
OTHER_PIN = "A" * 64


@pytest.fixture
def sound(home: Path, tmp_path: Path, monkeypatch: Env) -> Path:
    """A home of one gateway that is fit to go live."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    for name, value in {
        "ISSUER": "https://gateway.example.com",
        "PROXIES": "1",
        "WITNESS": str(elsewhere / "witness.jsonl"),
    }.items():
        monkeypatch.setenv(f"SPE_GATEWAY_{name}", value)
    monkeypatch.setattr(host, "is_synchronised", lambda: True)
    monkeypatch.setattr(resource, "getrlimit", lambda _: (65536, 65536))
    monkeypatch.setattr(host, "LITTLE", 0)
    initialise(Settings.from_environment())
    closed(home)
    return home


def closed(home: Path) -> None:
    """Keep others away from the files, as the program's own umask does."""
    for path in home.iterdir():
        path.chmod(0o600)


@pytest.fixture
def cluster(sound: Path, monkeypatch: Env, empty_postgresql_url: str, redis_url: str) -> str:
    """The same on PostgreSQL and Redis."""
    for path in sound.iterdir():
        path.unlink()
    monkeypatch.setenv("SPE_GATEWAY_DATABASE_URL", empty_postgresql_url)
    monkeypatch.setenv("SPE_GATEWAY_REDIS_URL", redis_url)
    monkeypatch.setenv("SPE_GATEWAY_BROKER_URL", redis_url)
    monkeypatch.setenv("SPE_GATEWAY_DRAIN_SECONDS", "5")
    initialise(Settings.from_environment())
    closed(sound)
    return empty_postgresql_url


@contextmanager
def opened(home: Path) -> Iterator[Database]:
    """The database of a home, for the length of a block."""
    with closing(Database(f"sqlite:///{home / 'gateway.db'}")) as database:
        yield database


def found(program: Program, *words: str) -> dict[str, str]:
    """Return the level of each finding that is not fine, and hold the status against them."""
    outcome = program("check", "--json", *words)
    findings = json.loads(outcome.out)["findings"]
    grave = {each["check"]: each["level"] for each in findings if each["level"] != "ok"}
    assert outcome.status == max(
        [{"warning": 1, "error": 2}[each] for each in grave.values()] or [0]
    )
    for each in findings:
        if each["level"] != "ok":
            assert each["means"]
            assert each["next"]
            assert Path(each["link"]).exists()
    return grave


def test_a_sound_configuration_is_silent(sound: Path, program: Program) -> None:
    before = {path: path.read_bytes() for path in sound.iterdir() if path.suffix != ".db-shm"}

    outcome = program("check")

    assert outcome.status == 0
    assert outcome.out.startswith("All is well: ")
    assert outcome.err == ""
    assert {path: path.read_bytes() for path in before} == before
    assert found(program) == {}


def test_a_sound_cluster_is_silent(cluster: str, program: Program) -> None:
    assert cluster
    assert found(program) == {}
    assert "connections for " in program("check", "--all").out.lower()


SETTINGS = [
    ("NONSENSE", "1", "settings.unknown", "error"),
    ("HTTP_THREADS", "many", "settings.values", "error"),
    ("BROKER_URL", "redis://127.0.0.1:1/0", "settings.processes", "error"),
    ("TRACKER", "false", "settings.tracking", "warning"),
    ("ISSUER", "http://gateway.example.com", "settings.issuer", "error"),
    ("ISSUER", "http://localhost:8080", "settings.issuer", "warning"),
    ("PROXIES", "0", "settings.proxies", "warning"),
    ("PROXIES", "7", "settings.proxies", "warning"),
    ("RESELLER_RATE", "10/minute", "settings.rates", "warning"),
    ("WEBHOOK_NETWORKS", "127.0.0.0/8", "settings.laboratory", "warning"),
    ("METRICS_BIND", "0.0.0.0:9090", "settings.metrics", "warning"),
    ("WITNESS", "/nonexistent/witness.jsonl", "files.witness", "error"),
    ("WITNESS", "", "files.witness", "warning"),
    ("MASTER_KEYS", Fernet.generate_key().decode(), "keys.master", "error"),
    ("REDIS_URL", "redis://127.0.0.1:1/0", "redis.reachable", "error"),
    ("DATABASE_URL", "postgresql+psycopg://127.0.0.1:1/x", "database.reachable", "error"),
    ("DATABASE_URL", "mysql://x", "database.reachable", "error"),
]


@pytest.mark.usefixtures("sound")
@pytest.mark.parametrize(
    ("name", "value", "check", "level"),
    SETTINGS,
    ids=[f"{row[2]}-{i}" for i, row in enumerate(SETTINGS)],
)
def test_a_wrong_setting_is_found(
    program: Program, monkeypatch: Env, name: str, value: str, check: str, level: str
) -> None:
    monkeypatch.setenv(f"SPE_GATEWAY_{name}", value)
    assert found(program)[check] == level


@pytest.mark.usefixtures("sound")
@pytest.mark.parametrize(
    ("name", "value"), [("WEB_CONCURRENCY", "4"), ("GUNICORN_CMD_ARGS", "-w 3")]
)
def test_several_processes_on_sqlite_are_found(
    program: Program, monkeypatch: Env, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    assert found(program) == {"settings.processes": "error"}


def laid_open(home: Path) -> None:
    home.chmod(0o755)
    (home / "gateway.db").chmod(0o644)


FILES: list[tuple[str, Callable[[Path], Any], dict[str, str]]] = [
    ("home", lambda home: home.chmod(0o755), {"files.home": "error"}),
    ("database", laid_open, {"files.home": "error", "files.mode": "error"}),
    ("hidden", lambda home: (home / "gateway.db").chmod(0o644), {}),
    ("keys", lambda home: (home / "master.keys").chmod(0o640), {"keys.master": "error"}),
    ("no-keys", lambda home: (home / "master.keys").unlink(), {"keys.master": "error"}),
    ("no-database", lambda home: (home / "gateway.db").unlink(), {"database.reachable": "error"}),
    (
        "other-keys",
        lambda home: (home / "master.keys").write_text(Fernet.generate_key().decode()),
        {"keys.secrets": "error"},
    ),
    (
        "new-key",
        lambda home: (home / "master.keys").write_text(
            f"{Fernet.generate_key().decode()}\n{(home / 'master.keys').read_text()}"
        ),
        {"keys.secrets": "warning"},
    ),
]


@pytest.mark.parametrize(
    ("plant", "finding"), [row[1:] for row in FILES], ids=[row[0] for row in FILES]
)
def test_a_wrong_file_is_found(
    sound: Path, program: Program, plant: Callable[[Path], Any], finding: dict[str, str]
) -> None:
    plant(sound)
    assert found(program) == finding


def test_an_open_witness_is_found(sound: Path, program: Program) -> None:
    witness = Path(os.environ["SPE_GATEWAY_WITNESS"])
    witness.write_text("")
    witness.chmod(0o644)
    assert sound.exists()
    assert found(program) == {"files.witness": "error"}


@pytest.mark.usefixtures("sound")
def test_what_the_host_lacks_is_found(program: Program, monkeypatch: Env) -> None:
    monkeypatch.setattr(host, "is_synchronised", lambda: False)
    monkeypatch.setattr(resource, "getrlimit", lambda _: (256, 256))
    monkeypatch.setattr(host, "LITTLE", 2**60)
    monkeypatch.setattr(host, "TOO_LITTLE", 2**60)
    assert found(program) == {
        "host.clock": "warning",
        "host.files": "warning",
        "host.disk": "error",
    }


@pytest.mark.parametrize(
    ("statement", "level"),
    [
        ("UPDATE alembic_version SET version_num = '0001'", "error"),
        ("UPDATE alembic_version SET version_num = '9999'", "warning"),
        (
            "UPDATE alembic_version SET version_num = '9999'; UPDATE counters SET value = 9999",
            "error",
        ),
    ],
    ids=["older", "newer", "too-new"],
)
def test_another_schema_is_found(sound: Path, program: Program, statement: str, level: str) -> None:
    with opened(sound) as database, database.write() as connection:
        for each in statement.split("; "):
            connection.execute(text(each))
    assert found(program) == {"database.schema": level}


def test_an_old_signing_key_is_found(sound: Path, program: Program) -> None:
    old = now() - timedelta(days=120)
    with opened(sound) as database, database.write() as connection:
        connection.execute(update(signing_keys).values(create_time=old))
    assert found(program) == {"keys.signing": "warning"}


@pytest.mark.usefixtures("cluster")
def test_what_is_wrong_with_the_servers_is_found(program: Program, monkeypatch: Env) -> None:
    monkeypatch.setattr(state, "TESTED", 99)
    monkeypatch.setattr(state, "PROCESS", 150)
    monkeypatch.setattr(state, "SKEWED", 0.0)
    monkeypatch.setenv("SPE_GATEWAY_DRAIN_SECONDS", "0")
    monkeypatch.setenv("SPE_GATEWAY_HTTP_THREADS", "200")
    monkeypatch.setenv("SPE_GATEWAY_BROKER_URL", "amqp://127.0.0.1:1//")
    assert found(program) == {
        "database.version": "warning",
        "database.connections": "warning",
        "database.threads": "warning",
        "database.clock": "warning",
        "settings.drain": "warning",
        "queue.reachable": "error",
    }


@pytest.mark.usefixtures("cluster")
def test_a_redis_that_forgets_is_found(program: Program, redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        client.config_set("maxmemory", "64mb")
        client.config_set("maxmemory-policy", "allkeys-lru")
        try:
            assert found(program) == {"redis.eviction": "warning", "queue.eviction": "warning"}
        finally:
            client.config_set("maxmemory-policy", "noeviction")
            client.config_set("maxmemory", "0")


@pytest.mark.usefixtures("sound")
def test_an_issuer_whose_keys_cannot_be_fetched_is_found(
    program: Program, monkeypatch: Env
) -> None:
    issuer = {"issuer": "https://x", "jwksUri": "https://127.0.0.1:1/keys", "audience": "gateway"}
    monkeypatch.setenv("SPE_GATEWAY_TRUSTED_ISSUERS", json.dumps([issuer]))
    assert found(program) == {"issuers.keys": "error"}


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with Simulator("alpha") as running:
        yield running


@pytest.fixture
def registered(sound: Path, simulator: Simulator) -> Path:
    """A sound home with a deployment."""
    for path in sound.iterdir():
        path.unlink()
    make_home(sound, simulator)
    closed(sound)
    Control(simulator.control_url).reset()
    return sound


def test_deployments_are_asked_when_that_is_wished(
    registered: Path, simulator: Simulator, program: Program
) -> None:
    control = Control(simulator.control_url)
    assert registered.exists()
    assert "deployments.administrators" not in found(program)
    assert control.journal() == []

    seen = found(program, "--deployments")

    assert set(seen) <= {"deployments.administrators", "deployments.certificate"}
    assert {each["command"] for each in control.journal()} == {"Ping", "GetSystemAdministrators"}


@pytest.mark.parametrize(
    ("values", "check"),
    [
        ({"pin": OTHER_PIN}, "deployments.certificate"),
        ({"user_name": "nobody"}, "deployments.credentials"),
        ({"port": 1}, "deployments.reachable"),
    ],
    ids=["pin", "credentials", "port"],
)
def test_a_deployment_that_cannot_be_used_is_found(
    registered: Path, program: Program, values: dict[str, Any], check: str
) -> None:
    with opened(registered) as database, database.write() as connection:
        connection.execute(update(deployments).values(**values))
    assert found(program, "--deployments")[check] == "error"
