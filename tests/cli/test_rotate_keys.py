"""``spe-gateway rotate-keys`` beside a gateway that runs."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import requests

from gateway.broker.key_ring import LEAD
from tests.cli.conftest import Program
from tests.cli.program import environment, running
from tests.core import until


def test_a_served_gateway_publishes_the_new_key_and_keeps_its_tokens(
    program: Program, ready_home: Path, tmp_path: Path
) -> None:
    arguments = ["serve", "--bind", "127.0.0.1:0", "--json", "--lifeline"]
    with running(arguments, environment(ready_home), tmp_path / "gateway.log") as process:
        url = process.first_line()["url"]
        before = kids(url)
        ended = program("rotate-keys", "--json")
        made = json.loads(ended.out)
        assert (ended.status, ended.err) == (0, "")
        start = datetime.fromisoformat(made["activateTime"]) - datetime.now(UTC)
        assert LEAD - timedelta(seconds=30) < start <= LEAD
        assert until(lambda: kids(url) - before) == {made["kid"]}
        assert before < kids(url)


def kids(url: str) -> set[str]:
    keys = requests.get(f"{url}/.well-known/jwks.json", timeout=10).json()["keys"]
    return {key["kid"] for key in keys}


def test_a_person_is_told_in_a_sentence(program: Program, ready_home: Path) -> None:
    del ready_home
    ended = program("rotate-keys", "--compromised")
    assert ended.status == 0
    assert ended.out.startswith("The key ")
    assert ended.out.endswith(" UTC on.\n")


def test_a_home_that_is_not_set_up_has_no_keys(program: Program, home: Path) -> None:
    home.mkdir()
    ended = program("rotate-keys")
    assert ended.status == 1
    assert "run 'spe-gateway init'" in ended.err
