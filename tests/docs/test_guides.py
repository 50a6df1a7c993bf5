"""Each guide is carried out as it is written, by somebody who has what its first lines ask for."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.docs.reader import blocks, carried_out
from tests.docs.stage import Stage, staged
from tests.docs.tables import ROOT

GUIDES = sorted(path.name for path in (ROOT / "docs/guides").glob("*.md"))
SAID = {
    "billing.md": {1: '"gold"', 2: "suspended\nrunning", 4: "licencesLatest", 5: "4711 running"},
    "operator.md": {0: '{"status":"ok"}', 1: "alpha", 3: "There are none.", 4: ""},
    "portal.md": {0: "True", 1: "['john']", 2: "200\n412", 3: "succeeded", 4: "INVALID_INPUT"},
    "reseller.md": {
        0: "Northwind IT",
        1: "Globex GmbH",
        2: "Hank",
        3: "succeeded",
        6: "instance.suspended",
    },
    "start.md": {0: "isOperator", 1: '"2026"', 3: "succeeded", 4: "NOT_FOUND"},
}
"""Words that a block of a guide prints, by the number of the block."""

PROBLEM, SHOWS_A_PROBLEM = '"retryable"', "start.md"


def test_every_guide_is_known() -> None:
    assert sorted(SAID) == GUIDES


@pytest.mark.parametrize("name", GUIDES)
def test_a_guide_leads_to_its_end(name: str, tmp_path: Path) -> None:
    page = f"docs/guides/{name}"
    (tmp_path / "reader").mkdir()
    with readers_world(name, tmp_path) as known:
        outputs = carried_out(page, tmp_path / "reader", known=known)

    assert len(outputs) == len(blocks(page)) >= 5
    assert {n: words for n, words in SAID[name].items() if words not in outputs[n]} == {}
    assert sum(PROBLEM in said for said in outputs) == (name == SHOWS_A_PROBLEM)


@contextmanager
def readers_world(name: str, folder: Path) -> Iterator[dict[str, str]]:
    """Make what the reader of a guide has: a gateway, and a client there."""
    if name == "operator.md":
        yield {}
        return
    with staged(folder) as stage:
        yield stage.known | (client_of_a_reseller(stage) if name != "start.md" else {})


def client_of_a_reseller(stage: Stage) -> dict[str, str]:
    """Make a reseller with a customer, and return its client."""
    reseller = stage.ask("POST", "/resellers", {"name": "Northwind IT"})["id"]
    whole = {"name": "Server", "reseller": reseller, "roles": ["reseller-admin"]}
    client = stage.ask("POST", "/clients", whole)
    customer = {
        "instanceID": "acme-ltd",
        "displayName": "Acme Ltd",
        "reseller": reseller,
        "archiveAdmin": True,
        "store": {"name": "2026"},
        "users": [{"userName": "jane"}, {"userName": "john"}],
    }
    stage.ask("POST", "/instances", customer, Prefer="wait=20")
    return {
        "SPE_GATEWAY_CLIENT_ID": client["clientId"],
        "SPE_GATEWAY_CLIENT_SECRET": client["clientSecret"],
        "XDG_CONFIG_HOME": str(stage.known["SPE_GATEWAY_HOME"]),
    }
