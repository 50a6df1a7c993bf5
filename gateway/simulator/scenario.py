"""What a simulated deployment starts with."""

import json
import re
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import yaml


@dataclass(frozen=True)
class Asynchronous:
    """Which share of all calls answers "running" first, and for how long.

    Attributes:
        share: 0 to 1, for each command class.
        seed: the same seed turns the same calls asynchronous.
        seconds: how long such a call runs.
        command: the only one that may; "*" for all.
    """

    share: float = 0.0
    seed: int = 0
    seconds: float = 0.2
    command: str = "*"


@dataclass(frozen=True)
class Scenario:
    """The settings of a simulated deployment; a file names them in camel case.

    Attributes:
        password: None makes a random one; the data folder keeps either.
        verify_rate: messages that a long-running command handles in a second.
        local_time_zone: what `$Local` stands for.
        messages_per_run: what an execution of a profile archives.
        worker_result_days: the longest window of worker results that the server can read.
        token_lifetime: seconds for which the status of a finished command can be fetched.
        hosts: `{serverName, port, serverCertificate, baseDirectory}` each.
        client_access_servers: `{serverName, port, serverCertificate}` each.
        administrators: `{userName, fullName, emailAddress, mfaStatus, password}` each, beside
            the one that `user_name` and `password` name.
        instances: `{instanceID, …, status, archiveAdminEnabled, stores, users, …}` each, see
            `seed`.
    """

    user_name: str = "admin"
    password: str | None = None
    version: str = "25.3.1.23021"
    licensee_name: str = "Example Hosting Ltd"
    licensee_id: int = 23634
    operating_system: str = "Microsoft Windows Server 2022 Standard"
    messages_per_store: int = 1249
    bytes_per_message: int = 76800
    verify_rate: float = 420.0
    local_time_zone: str = "UTC"
    messages_per_run: int = 25
    worker_result_days: float = 14.0
    token_lifetime: float = 600.0
    asynchronous: Asynchronous = field(default_factory=Asynchronous)
    hosts: tuple[dict[str, Any], ...] | None = None
    client_access_servers: tuple[dict[str, Any], ...] = ()
    administrators: tuple[dict[str, Any], ...] = ()
    instances: tuple[dict[str, Any], ...] = ()


LISTS = {"hosts", "client_access_servers", "administrators", "instances"}


def snake(name: str) -> str:
    """Return a camel-case key in snake case: `instanceID` becomes `instance_id`."""
    return re.sub(r"(?<=[a-z0-9])([A-Z]+)", r"_\1", name).lower()


def parse(document: dict[str, Any]) -> Scenario:
    """Return the scenario that a document describes.

    Raises:
        ValueError: the document has a key that no scenario has.
    """
    values = {snake(key): value for key, value in document.items()}
    unknown = sorted(values.keys() - {entry.name for entry in fields(Scenario)})
    if unknown:
        raise ValueError(f"Unknown in a scenario: {', '.join(unknown)}")
    for name in LISTS & values.keys():
        values[name] = tuple(values[name])
    return Scenario(**{**values, "asynchronous": Asynchronous(**values.get("asynchronous", {}))})


def load(path: Path) -> Scenario:
    """Return the scenario of a YAML or JSON file.

    Raises:
        OSError: the file cannot be read.
        ValueError: the file is no mapping of known keys.
    """
    text = path.read_text(encoding="utf-8")
    document = json.loads(text) if path.suffix == ".json" else yaml.safe_load(text)
    if not isinstance(document, dict):
        raise ValueError(f"A scenario is a mapping: {path.name}")  # noqa: TRY004 - a bad file
    return parse(document)
