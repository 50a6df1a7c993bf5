"""Schemathesis against the served gateway: no 500, no undocumented answer, no ignored refusal."""

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.answers import JSON
from tests.contract.conftest import Listening
from tests.personas.targets import absent

SEED = 20261121
CONFIGURATION = """
[checks]
not_a_server_error.expected-statuses = ["2xx", "3xx", "4xx", "502", "503", "504"]

[[operations]]
include-operation-id = ["createJob", "updateJob", "releaseInstance"]
checks.positive_data_acceptance.enabled = false

[[operations]]
include-operation-id = "streamEvents"
enabled = false

[dictionaries]
{dictionaries}

[parameters]
{parameters}
"""
"""A deployment that fails is documented as 502, 503 or 504; a 500 never is.

A job's schedule has exactly one of three members, and the confirmation of a release is SPE's id of
that instance: no schema can say either. A stream of events goes on for an hour.
"""

FUZZED = ("--phases", "coverage,fuzzing", "--exclude-checks", "positive_data_acceptance")
"""Cursors, tags, and rules between two members cannot be said in JSON Schema, so what fits
the schema may be refused; the examples of the contract may not."""


@pytest.fixture
def loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Resolve no name of the fuzzer's: only loopback is ever connected to."""
    resolve = socket.getaddrinfo

    def known(host: str, *rest: object, **more: object) -> object:
        if host not in {"127.0.0.1", "localhost"}:
            raise socket.gaierror(socket.EAI_NONAME, "not known")
        return resolve(host, *rest, **more)  # type: ignore[arg-type] # as it is called

    monkeypatch.setattr(socket, "getaddrinfo", known)


def known(listening: Listening) -> dict[str, object]:
    """Return objects that are there, by the names of the path parameters."""
    world = listening.world
    page = world.call("GET", f"/operations?instance={listening.archive['id']}")
    return {
        "instance": listening.archive["id"],
        "deployment": world.sites["beta"].id,
        "reseller": world.new_reseller("A")["id"],
        "client": world.new_client("A")["id"],
        "operation": page["items"][0]["id"],
        "user": "jane",
    }


def configuration(listening: Listening, objects: dict[str, object]) -> str:
    """Return a configuration that names objects: one that is there, and one that is not.

    Nothing else is named, or the fuzzer would take the operator's own rights away.
    """
    nobodys = {**absent(listening.world), "user": "nobody"}
    pairs = {noun: json.dumps([value, nobodys[noun]]) for noun, value in objects.items()}
    values = [f"{noun} = {{ values = {pair} }}" for noun, pair in pairs.items()]
    bound = [f'"path.{n}" = {{ dictionary = "{n}", probability = 1.0 }}' for n in pairs]
    return CONFIGURATION.format(dictionaries="\n".join(values), parameters="\n".join(bound))


def with_examples(document: JSON, objects: dict[str, object]) -> JSON:
    """Return the contract with objects that are there as the examples of its paths."""
    for item in document["paths"].values():
        for parameter in item.get("parameters", ()):
            parameter["example"] = objects.get(parameter["name"], parameter.get("example"))
    return document


def run(listening: Listening, folder: Path, *options: str) -> None:
    """Run Schemathesis with an operator's token, and demand that it finds nothing."""
    objects = known(listening)
    config, contract = folder / "schemathesis.toml", folder / "openapi.json"
    config.write_text(configuration(listening, objects), encoding="utf-8")
    served = listening.world.operator.get("/openapi.json").get_json()
    contract.write_text(json.dumps(with_examples(served, objects)), encoding="utf-8")
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(config), "run"),
        *(str(contract), "--url", listening.url),
        *("--header", f"Authorization: Bearer {listening.world.operator.token}"),
        *("--seed", str(SEED), "--generation-database", "none"),
        *("--no-shrink", "--continue-on-failure", "--no-color", *options),
    ]
    ended = subprocess.run(  # noqa: S603 # our own interpreter
        command, cwd=folder, capture_output=True, text=True, timeout=110, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


@pytest.mark.usefixtures("loopback_only")
def test_every_example_of_the_contract_is_accepted(listening: Listening, tmp_path: Path) -> None:
    run(listening, tmp_path, "--phases", "examples")


@pytest.mark.usefixtures("loopback_only")
def test_no_input_leads_out_of_the_contract(listening: Listening, tmp_path: Path) -> None:
    run(listening, tmp_path, *FUZZED, "--max-time", "15")
