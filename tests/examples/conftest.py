"""A gateway that is served by a process of its own, as an integrator finds it."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.stage import Stage, staged


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """One gateway with one simulated deployment for all examples."""
    with staged(tmp_path_factory.mktemp("examples")) as made:
        yield made


def account(stage: Stage, folder: Path, *roles: str) -> Path:
    """Make an API client of the operators' reseller, and the file that examples read."""
    body = {"name": "billing", "roles": list(roles)}
    made = stage.ask("POST", "/clients", body)
    known = {
        "gateway": stage.known["SPE_GATEWAY_URL"],
        "clientId": made["clientId"],
        "clientSecret": made["clientSecret"],
    }
    path = folder / "account.json"
    path.write_text(json.dumps(known))
    return path
