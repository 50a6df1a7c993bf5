"""What can be pasted from a page is carried out, or the page says why it is not.

In front of each block of commands or code stands who tries it:

- ``<!-- run -->``: a test of its page, all blocks of which go into one shell;
- ``<!-- sample -->``: this file, for a reader who has what the variables in it name;
- ``<!-- run by tests/... -->``: that test, in a way of its own;
- ``<!-- not run: why -->``: nobody.
"""

import re
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests

from tests.docs.reader import surroundings
from tests.docs.stage import Stage, staged
from tests.docs.tables import ROOT
from tests.docs.test_words import name_of

FENCED = re.compile(
    r"^([^\n]*)\n```(?:bash|python|javascript)\n(.*?)^```$", re.DOTALL | re.MULTILINE
)
MARK = re.compile(r"<!-- (run|sample|run by (?P<test>tests/[\w/.]+)|not run: (?P<why>.+)) -->")
PAGES = sorted((ROOT / "docs").rglob("*.md"))
PROBLEM = '"retryable"'
SECONDS = 60
BULK = ("ins_01a1fea93b017202bd5f65b80b672843", "ins_01a1fea93b4575399dc7d7511758d5fc")

PLACES = {
    "/backup/": "./",
    "4711": "0",
    "4730": "1",
    "after=4712": "after=0&seconds=1",
    "Last-Event-ID: 4712": "Last-Event-ID: 0",
    "seconds=60": "seconds=1",
    '"instanceID": "acme"': '"instanceID": "another"',
    "since=2026-11-21T00:00:00Z&until=2026-11-22T00:00:00Z": "since=2026-11-21T00:00:00Z",
    "month=2026-11": f"month={datetime.now(UTC):%Y-%m}",
}
"""What stands for the examples of the pages."""


def samples(page: Path) -> list[str]:
    """Return the blocks of a page that are carried out here."""
    return [code for mark, code in FENCED.findall(page.read_text()) if "sample" in mark]


SAMPLED = [page for page in PAGES if samples(page)]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A gateway with a deployment and an archive, for all pages."""
    with staged(tmp_path_factory.mktemp("stage")) as made:
        yield made


@pytest.fixture(scope="module")
def known(stage: Stage) -> dict[str, str]:
    """What the variables of the pages name."""
    client = {"name": "Reader", "roles": ["operator"]}
    instance = stage.ask("GET", "/instances")["items"][0]["id"]
    verified = stage.ask("POST", f"/instances/{instance}/stores/1/verify", {}, Prefer="wait=0")
    below = stage.ask("POST", "/resellers", {"name": "Northwind"})["id"]
    hook = {"name": "Hook", "url": "https://hooks.example.com/spe"}
    root = stage.ask("GET", "/me")["reseller"]
    months = stage.ask("GET", "/statements")["items"]
    token = token_of(stage)
    return stage.known | {
        "GATEWAY": stage.known["SPE_GATEWAY_URL"],
        "TOKEN": token,
        "OPERATOR": token,
        "CLIENT": stage.ask("POST", "/clients", client)["id"],
        "INSTANCE": instance,
        "DEPLOYMENT": stage.deployment,
        "OPERATION": verified["id"],
        "RESELLER": below,
        "BELOW": below,
        "STATEMENT": next(each["id"] for each in months if each["reseller"] == root),
        "WEBHOOK": stage.ask("POST", "/webhooks", hook)["id"],
        "KEY": "a-key-of-the-reader",
        "OTHER_KEY": "another-key-of-the-reader",
    }


def token_of(stage: Stage) -> str:
    """Return a token of the operator."""
    form = {"grant_type": "client_credentials"}
    account = (stage.known["SPE_GATEWAY_CLIENT_ID"], stage.known["SPE_GATEWAY_CLIENT_SECRET"])
    url = f"{stage.known['SPE_GATEWAY_URL']}/oauth/token"
    return str(requests.post(url, data=form, auth=account, timeout=10).json()["access_token"])


@pytest.mark.parametrize("page", SAMPLED, ids=name_of)
def test_the_samples_of_a_page_can_be_pasted(
    page: Path, stage: Stage, known: dict[str, str], tmp_path: Path
) -> None:
    stage.ask("POST", f"/instances/{known['INSTANCE']}/start", Prefer="wait=20")
    for code in samples(page):
        ran = subprocess.run(  # noqa: S603 - no shell but the one that is meant
            ["bash", "-euo", "pipefail", "-c", placed(code, stage, known)],  # noqa: S607 - the reader's shell
            cwd=tmp_path,
            env=surroundings() | known,
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
        )

        assert ran.returncode == 0, code + ran.stdout + ran.stderr
        assert PROBLEM not in ran.stdout, code + ran.stdout


def placed(code: str, stage: Stage, known: dict[str, str]) -> str:
    """Return a block with what is there in place of its examples."""
    password = str(stage.simulator.announcement()["password"])
    own = {BULK[0]: known["INSTANCE"], f', "{BULK[1]}"': "", f',\n    "{BULK[1]}"': ""}
    for example, place in (PLACES | own | {'"password": "…"': f'"password": "{password}"'}).items():
        code = code.replace(example, place)
    return code


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_block_is_tried_or_says_why_not(page: Path) -> None:
    for mark, code in FENCED.findall(page.read_text()):
        known = MARK.fullmatch(mark)
        assert known, f"Nothing says who tries this (see {Path(__file__).name}):\n{code}"
        assert not known["test"] or (ROOT / known["test"]).exists(), mark


def test_every_page_that_is_run_has_its_test() -> None:
    tests = "".join(path.read_text() for path in (ROOT / "tests/docs").glob("test_*.py"))
    for page in PAGES:
        if any("<!-- run -->" in mark for mark, _ in FENCED.findall(page.read_text())):
            assert page.name in tests, f"No test runs {name_of(page)}."
